import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserClient, openBrowserClient } from './peer/testing/browser-client.js';
import { stageMedia, stageSettings } from './peer/testing/grey-program.js';
import { type NativeClient, openNativeClient } from './peer/testing/native-client.js';
import { direct, eventually, openStage, type Stage } from './peer/testing/stage.js';
import { createPeerAdder, openStageProgram, type StageProgram } from './peer/testing/stage-program.js';

const deadline = { deadlineMs: 10_000 };
const settings = { ...stageSettings, fps: 30 };

let libraries: string;
let stage: Stage;
let browser: BrowserClient;
let watcher: NativeClient;
let program: StageProgram;

/** Fills the screen, again and again with other shades of red until it is stopped. */
function startPainting(): () => void {
  let shade = 0;
  const timer = setInterval(() => {
    shade = (shade + 1) % 16;
    program.fill(0xff1010 + shade);
  }, 40);
  return () => clearInterval(timer);
}

const addPeer = createPeerAdder(() => stage);

const configure = (sessionId: string, disabledVideoCodecs: string[]) =>
  stage.link.call(
    'stream.configure',
    {
      ...{ sessionId, window: null, media: stageMedia, recordingDirectory: null },
      settings: { ...settings, disabledVideoCodecs },
    },
    deadline,
  );

beforeAll(async () => {
  // What an upgrade of the system may leave: a library of this name that is another one. The node has found AV1 before.
  libraries = await mkdtemp(join(tmpdir(), 'libraries-'));
  const another = /\/\S+\/libm\.so\.6/.exec(await readFile('/proc/self/maps', 'utf8'))?.[0] ?? '';
  await copyFile(another, join(libraries, 'libaom.so.3'));
  stage = await openStage({ LD_LIBRARY_PATH: libraries });
  [browser, program] = await Promise.all([openBrowserClient(), openStageProgram(stage)]);
});

afterAll(async () => {
  await watcher?.close();
  await browser?.close();
  await program?.display.close();
  await stage?.close();
  await rm(libraries, { recursive: true, force: true });
});

it('sends the client of a codec that fails away, which comes back with another; the others go on', async () => {
  await configure('session-1', []);
  watcher = await openNativeClient();
  const watched = await addPeer(watcher.offer, 'watcher', 'Viewer');
  expect(watched.videoMimeType).toBe('video/H264');
  watcher.start(direct(watched));
  const stopPainting = startPainting();
  try {
    await eventually('pictures of H.264', () => watcher.video.length > 20);
    // With H264 in its list it would get what is encoded for others anyway.
    const promised = await addPeer(await browser.offer(), 'erin', 'Player', { preferredCodecList: ['AV1', 'VP8'] });
    expect(promised.videoMimeType).toBe('video/AV1');
    await browser.start(direct(promised));
    const states = (state: string) => stage.events['peer.state'].filter((event) => event.state === state);
    await eventually('the client of AV1', () => states('connected').some(({ userId }) => userId === 'erin'));
    const before = watcher.video.length;
    await eventually('more pictures of H.264', () => watcher.video.length > before + 20);
    // It needs the token of a reply to come back, so it is not sent away before.
    await browser.send('hb', JSON.stringify({ timestamp: 1 }));
    await eventually('the token', async () =>
      (await browser.messages('hb')).some((text) => JSON.parse(text).token === 'token'),
    );
    await browser.send('hb', JSON.stringify({ timestamp: 2 }));
    const gone = await eventually('the end of the connection', () => states('closed')[0]);
    expect({ userId: gone.userId, reason: gone.reason }).toEqual({ userId: 'erin', reason: 'codec-failed' });
    // A code would end it for good in its client.
    expect((await browser.messages('hb')).some((text) => 'code' in JSON.parse(text))).toBe(false);
    const answer = await addPeer(await browser.offer(), 'erin', 'Player', { preferredCodecList: ['AV1', 'VP8'] });
    expect(answer.videoMimeType).toBe('video/VP8');
    await browser.start(direct(answer));
    await eventually('a red picture', async () => {
      const { r, g } = await browser.middle();
      return r > 200 && g < 80;
    });
    const after = watcher.video.length;
    await eventually('pictures of H.264 beside VP8', () => watcher.video.length > after + 20);
    expect(states('closed')).toHaveLength(1);
  } finally {
    stopPainting();
  }
});

it('gives a new client the next codec of its list from the beginning', async () => {
  await configure('session-2', []);
  const answer = await addPeer(await browser.offer(), 'erin', 'Player', { preferredCodecList: ['AV1', 'H264'] });
  expect(answer.videoMimeType).toBe('video/H264');
});

it('refuses a client whose list leaves nothing by name', async () => {
  await configure('session-3', ['H264', 'VP8']);
  const refused = addPeer(await browser.offer(), 'frank', 'Player', { preferredCodecList: ['AV1'] });
  await expect(refused).rejects.toMatchObject({ code: 'codec-unsupported' });
});
