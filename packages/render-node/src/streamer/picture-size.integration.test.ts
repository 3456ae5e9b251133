import type { ClientSession } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AddPeerResult } from '../links/streamer-link.js';
import { type BrowserClient, openBrowserClient } from './peer/testing/browser-client.js';
import { type GreyProgram, openGreyProgram, stageMedia, stageSettings } from './peer/testing/grey-program.js';
import { direct, eventually, openStage, type Stage } from './peer/testing/stage.js';

const deadline = { deadlineMs: 20_000 };
const screen = { width: 1_280, height: 720 };

let stage: Stage;
let browser: BrowserClient;
let program: GreyProgram;
let painter: NodeJS.Timeout | undefined;
let peers = 0;

async function join(wishes: Partial<ClientSession>): Promise<AddPeerResult> {
  const clientSession = { sdp: await browser.offer(), type: 'offer', ...wishes };
  const peer = { peerId: `p${++peers}`, userId: 'alice', role: 'Player', seat: 1, reconnectToken: 'token' } as const;
  const answer = await stage.link.call('peer.add', { ...peer, clientSession }, deadline);
  await browser.start(direct(answer));
  return answer;
}

/** Sends a stream profile. */
const wish = (profile: object) =>
  browser.send('ack', JSON.stringify({ seq: 1, data: { type: 'res_mode', ...profile } }));
const describeStream = () => stage.link.call('stream.describe', {}, deadline);
/** Pictures of this size, as the browser decodes them, while the program goes on. */
const sees = (width: number, height: number) =>
  eventually(`pictures of ${width}×${height}`, async () => {
    const stats = await browser.stats();
    return stats.width === width && stats.height === height;
  });

/** Noise: more bits than any path here has. */
function paintNoise(): void {
  const { core } = program.display;
  for (let color = 0; color < 16; color++) {
    const gc = core.AllocID();
    core.CreateGC(gc, program.windowId, { foreground: Math.floor(Math.random() * 0x1000000) });
    const rectangles = Array.from({ length: 200 }, () => [Math.random() * 1_280, Math.random() * 720, 12, 12]);
    core.PolyFillRectangle(program.windowId, gc, rectangles.flat().map(Math.floor));
    core.FreeGC(gc);
  }
}

beforeAll(async () => {
  stage = await openStage();
  [browser, program] = await Promise.all([openBrowserClient(), openGreyProgram(stage.server)]);
  const settings = { ...stageSettings, ...screen, fps: 60, minBitrateBps: 200_000 };
  const session = { sessionId: 'one', settings, window: null, media: stageMedia, recordingDirectory: null };
  await stage.link.call('stream.configure', session, deadline);
});
afterEach(() => clearInterval(painter));
afterAll(async () => {
  await browser?.close();
  await program?.close();
  await stage?.close();
});

describe('the size of the picture', () => {
  it.each([['H264'], ['VP8']])(
    'obeys the bound of a stream profile, and its end, while the screen stays as it is, with %s',
    async (codec) => {
      const answer = await join({
        preferredCodecList: [codec],
        streamProfile: { video_width: 640, video_height: 640 },
      });
      expect(answer.videoMimeType).toBe(`video/${codec}`);
      expect(answer.screenConfig).toMatchObject(screen);
      await sees(640, 360);
      expect((await describeStream()).picture).toEqual({ width: 640, height: 360, screen, fps: 60 });
      const told = await eventually('the screen', async () =>
        (await browser.messages('km')).map((text) => JSON.parse(text)).at(-1),
      );
      expect(told).toMatchObject({ screen_width: 1_280, screen_height: 720 });
      await wish({ fps: 60 });
      await sees(1_280, 720);
      await wish({ video_height: 540 });
      await sees(960, 540);
      expect((await describeStream()).picture).toEqual({ width: 960, height: 540, screen, fps: 60 });
    },
  );

  it('goes down with the frame rate on a path too narrow for what moves, and up when the screen is still', async () => {
    await join({ streamProfile: { max_bitrate: 250, unit: 'kbps' }, scalesPicture: true });
    await sees(1_280, 720);
    program.stopPainting();
    painter = setInterval(paintNoise, 15);
    await sees(640, 360);
    const { picture } = await describeStream();
    expect(picture).toMatchObject({ screen, width: 640 });
    expect(picture?.fps).toBeLessThanOrEqual(30);
    clearInterval(painter);
    await sees(1_280, 720);
  });
});
