import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserClient, openBrowserClient } from './peer/testing/browser-client.js';
import { stageMedia, stageSettings } from './peer/testing/grey-program.js';
import { openLossyPath } from './peer/testing/lossy-path.js';
import { openNativeClient } from './peer/testing/native-client.js';
import { direct, eventually, openStage, type Stage, through } from './peer/testing/stage.js';
import { createPeerAdder, openStageProgram, type StageProgram } from './peer/testing/stage-program.js';

const deadline = { deadlineMs: 10_000 };
const settings = { ...stageSettings, fps: 60 };

let stage: Stage;
let browser: BrowserClient;
let program: StageProgram;
let sessions = 0;

const paint = (color: number) => program.fill(color);

/** Draws small rectangles all over until it is stopped, more than any rate can follow. */
function startNoise(): () => void {
  const any = (limit: number) => Math.floor(Math.random() * limit);
  const timer = setInterval(() => {
    for (let index = 0; index < 400; index++) program.fill(any(0x1000000), [any(640), any(480), 12, 9]);
  }, 20);
  return () => clearInterval(timer);
}

const addPeer = createPeerAdder(() => stage);

async function beginSession(more: Partial<typeof settings> = {}): Promise<void> {
  sessions++;
  const session = { sessionId: `session-${sessions}`, settings: { ...settings, ...more } };
  await stage.link.call(
    'stream.configure',
    { ...session, window: null, media: stageMedia, recordingDirectory: null },
    deadline,
  );
}
const endSession = () => stage.link.call('session.close', { code: 0, message: 'good bye' }, deadline);
const stats = async () => (await stage.link.call('stream.describe', {}, deadline)).stats;

beforeAll(async () => {
  stage = await openStage();
  [browser, program] = await Promise.all([openBrowserClient(), openStageProgram(stage)]);
});

afterAll(async () => {
  await browser?.close();
  await program?.display.close();
  await stage?.close();
});

describe('AV1', () => {
  it('plays in Chromium for a client whose list says so, beside H.264 for another, and follows rate, size and key frame wishes', async () => {
    await beginSession();
    const watcher = await openNativeClient();
    paint(0xff2010);
    const answer = await addPeer(await browser.offer(), 'erin', 'Player', { preferredCodecList: ['AV1'] });
    expect(answer.videoMimeType).toBe('video/AV1');
    await browser.start(direct(answer));
    await eventually('a red picture', async () => {
      const { r, g } = await browser.middle();
      return r > 200 && g < 80;
    });
    expect((await browser.stats()).videoCodec).toBe('video/AV1');
    // Nobody without AV1 in his list gets it. His first picture is a key frame for her, too.
    const first = (await browser.stats()).keyFramesDecoded;
    const watched = await addPeer(watcher.offer, 'watcher', 'Viewer');
    expect(watched.videoMimeType).toBe('video/H264');
    watcher.start(direct(watched));
    await eventually('H.264', () => watcher.video.length > 0);
    await eventually('another key frame', async () => (await browser.stats()).keyFramesDecoded > first);
    paint(0x10ff20);
    await eventually('a green picture', async () => (await browser.middle()).g > 200);
    const before = (await browser.stats()).keyFramesDecoded;
    await browser.send('ack', JSON.stringify({ seq: 1, data: { type: 'res_mode', fps: 30, max_bitrate: 1 } }));
    await eventually('a key frame of a new encoder', async () => (await browser.stats()).keyFramesDecoded > before);
    await program.display.setScreenSize(600, 360);
    paint(0xffffff);
    await eventually('a white picture of the new size', async () => {
      const { width, height } = await browser.stats();
      const { r, g, b } = await browser.middle();
      return width === 600 && height === 360 && r > 220 && g > 220 && b > 220;
    });
    await watcher.close();
    await endSession();
  });

  it('follows a path from 20 to 2 Mbit/s and back, and losses are repaired', async () => {
    await beginSession();
    const answer = await addPeer(await browser.offer(), 'erin', 'Player', { preferredCodecList: ['AV1', 'VP8'] });
    const { loopbackAddress: address, loopbackPort: port } = answer;
    const queueUs = 200_000;
    const path = await openLossyPath({ address, port }, { bandwidthBps: 20_000_000, queueUs, delayUs: 10_000 });
    await browser.start(through(answer, '127.0.0.1', path.port));
    const stopNoise = startNoise();
    /** More pictures come. */
    const plays = async (what: string) => {
      const { framesDecoded } = await browser.stats();
      await eventually(what, async () => (await browser.stats()).framesDecoded > framesDecoded + 10);
    };
    try {
      await eventually('a high rate', async () => (await stats()).targetBitrateBps > 5_000_000);
      await plays('pictures at 20 Mbit/s');
      path.update({ bandwidthBps: 2_000_000 });
      await eventually('a low rate', async () => (await stats()).targetBitrateBps < 2_200_000);
      await plays('pictures at 2 Mbit/s');
      path.update({ loss: 0.03 });
      const { missing, sent } = { missing: path.missing(), sent: (await stats()).packetsRetransmitted };
      await eventually('losses', () => path.missing() > missing + 10);
      await eventually('repairs', async () => (await stats()).packetsRetransmitted > sent + 5);
      await plays('pictures on a path with losses');
      path.update({ bandwidthBps: 20_000_000, loss: 0 });
      await eventually('a high rate again', async () => (await stats()).targetBitrateBps > 4_000_000);
      await plays('pictures at 20 Mbit/s again');
      expect((await browser.stats()).videoCodec).toBe('video/AV1');
    } finally {
      stopNoise();
      await path.close();
      await endSession();
    }
    // A busy machine decodes AV1 of noise at a few pictures a second.
  }, 180_000);

  it('is not given to a client without it, nor in a project that disables it', async () => {
    await beginSession();
    const sdp = await browser.offer();
    const without = await addPeer(sdp.replace(/ AV1\//g, ' AV9/'), 'erin', 'Player', { preferredCodecList: ['AV1'] });
    expect(without.videoMimeType).toBe('video/H264');
    await endSession();
    await beginSession({ disabledVideoCodecs: ['AV1'] });
    const disabled = await addPeer(sdp, 'erin', 'Player', { preferredCodecList: ['AV1', 'VP8'] });
    expect(disabled.videoMimeType).toBe('video/VP8');
    await endSession();
  });
});
