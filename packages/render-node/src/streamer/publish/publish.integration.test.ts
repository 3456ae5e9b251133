import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowserClient } from '../peer/testing/browser-client.js';
import { type GreyProgram, openGreyProgram, stageMedia, stageSettings } from '../peer/testing/grey-program.js';
import { direct, eventually, openStage, type Stage } from '../peer/testing/stage.js';
import { pull } from './testing/pull.js';
import { createRtmpServer, type RtmpServer } from './testing/rtmp-server.js';
import { openTlsFront } from './testing/tls-front.js';

const deadline = { deadlineMs: 20_000 };

let stage: Stage;
let server: RtmpServer;
let program: GreyProgram;
let noise: NodeJS.Timeout;

const publish = (url: string) => stage.link.call('publish.start', { url }, deadline);
const states = () => stage.events['publish.state'].map(({ state }) => state);
const isPublishing = () => eventually('publishing', () => states().at(-1) === 'publishing');

/** Noise: as many bits as the stream may have. */
function paintNoise(): void {
  const { core } = program.display;
  for (let color = 0; color < 16; color++) {
    const gc = core.AllocID();
    core.CreateGC(gc, program.windowId, { foreground: Math.floor(Math.random() * 0x1000000) });
    const rectangles = Array.from({ length: 200 }, () => [Math.random() * 800, Math.random() * 600, 12, 12]);
    core.PolyFillRectangle(program.windowId, gc, rectangles.flat().map(Math.floor));
    core.FreeGC(gc);
  }
}

beforeAll(async () => {
  [stage, server] = await Promise.all([openStage(), createRtmpServer()]);
  await server.start();
  program = await openGreyProgram(stage.server);
  await stage.link.call(
    'stream.configure',
    { sessionId: 'one', settings: stageSettings, window: null, media: stageMedia, recordingDirectory: null },
    deadline,
  );
});
afterAll(async () => {
  clearInterval(noise);
  await program?.close();
  await stage?.close();
  await server?.close();
});

describe('a live push', () => {
  it('carries moving pictures and sound without any client, with key frames at their distance', async () => {
    stage.playTone();
    await publish(`${server.url}/alice?token=secret`);
    await isPublishing();
    expect(states()).toEqual(['connecting', 'publishing']);
    const played = await pull(`${server.url}/alice`, ({ pictures, soundTimesMs, peak }) => {
      return pictures.filter(({ keyFrame }) => keyFrame).length >= 4 && soundTimesMs.length > 100 && peak > 0.2;
    });
    expect(played.pictures[0]).toMatchObject({ keyFrame: true, width: 640, height: 480 });
    expect(new Set(played.pictures.map(({ luma }) => luma)).size).toBeGreaterThan(8);
    const keyTimes = played.pictures.filter(({ keyFrame }) => keyFrame).map(({ timeMs }) => timeMs);
    const distances = keyTimes.slice(1).map((time, index) => time - (keyTimes[index] ?? 0));
    // Stream time, not the test's clock: a second, and what the next change of the screen takes.
    for (const distance of distances) expect(distance).toBeGreaterThanOrEqual(990);
    expect(Math.min(...distances)).toBeLessThan(1_600);
    expect(played.sound).toEqual({ codec: 'aac', sampleRate: 48_000, channels: 2 });
    const times = played.pictures.map(({ timeMs }) => timeMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // Frames of 1024 samples, one after the other; a machine that is far too busy may lose sound at one place or two.
    const steps = played.soundTimesMs.slice(1).map((time, index) => time - (played.soundTimesMs[index] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(21);
    expect(steps.filter((step) => step > 22).length).toBeLessThan(steps.length / 20);
  });

  it('is told to clients, and goes on as H.264 while a client with VP8 comes and goes', async () => {
    const browser = await openBrowserClient();
    try {
      const clientSession = { sdp: await browser.offer(), type: 'offer', preferredCodecList: ['VP8'] };
      const peer = { peerId: 'p1', userId: 'alice', role: 'Player', seat: 1, reconnectToken: 'token' } as const;
      const answer = await stage.link.call('peer.add', { ...peer, clientSession }, deadline);
      await browser.start(direct(answer));
      await eventually('pictures', async () => (await browser.stats()).framesDecoded > 0);
      expect((await browser.stats()).videoCodec).toBe('video/VP8');
      await browser.send('hb', JSON.stringify({ timestamp: 1 }));
      await eventually('the push state', async () =>
        (await browser.messages('hb')).some((text) => JSON.parse(text).stream_push_state === 'Pushing'),
      );
      const meanwhile = await pull(`${server.url}/alice`, ({ pictures }) => pictures.length > 10);
      expect(new Set(meanwhile.pictures.map(({ luma }) => luma)).size).toBeGreaterThan(3);
    } finally {
      await browser.close();
    }
    await eventually(
      'no client',
      async () => (await stage.link.call('stream.describe', {}, deadline)).peers.length === 0,
    );
    await pull(`${server.url}/alice`, ({ pictures }) => pictures.length > 10);
    expect(states().at(-1)).toBe('publishing');
  });

  it('follows the size that a player bounds the picture to on the same connection, and back', async () => {
    const browser = await openBrowserClient();
    try {
      const streamProfile = { video_width: 320, video_height: 240 };
      const clientSession = { sdp: await browser.offer(), type: 'offer', streamProfile };
      const peer = { peerId: 'p2', userId: 'alice', role: 'Player', seat: 1, reconnectToken: 'token' } as const;
      await stage.link.call('peer.add', { ...peer, clientSession }, deadline);
      const small = await pull(`${server.url}/alice`, ({ pictures }) => pictures.at(-1)?.width === 320);
      expect(small.pictures.at(-1)).toMatchObject({ width: 320, height: 240 });
      const without = { sdp: await browser.offer(), type: 'offer', streamProfile: {} };
      await stage.link.call('peer.add', { ...peer, peerId: 'p3', clientSession: without }, deadline);
      await pull(`${server.url}/alice`, ({ pictures }) => pictures.at(-1)?.width === 640);
      await stage.link.call('peer.remove', { userId: 'alice', code: 1, message: '' }, deadline);
    } finally {
      await browser.close();
    }
    expect(states().at(-1)).toBe('publishing');
  });

  it('follows a new size of the screen on the same connection', async () => {
    await program.display.setScreenSize(800, 600);
    const played = await pull(`${server.url}/alice`, ({ pictures }) => pictures.at(-1)?.width === 800);
    expect(played.pictures.at(-1)).toMatchObject({ width: 800, height: 600 });
    expect(states().at(-1)).toBe('publishing');
  });

  it('keeps a still screen alive', async () => {
    program.stopPainting();
    const played = await pull(`${server.url}/alice`, ({ pictures }) => pictures.length > 12);
    const times = played.pictures.map(({ timeMs }) => timeMs);
    for (const [index, time] of times.slice(1).entries()) expect(time - (times[index] ?? 0)).toBeLessThan(2_000);
    expect(states().at(-1)).toBe('publishing');
    program.startPainting();
  });

  it('has sound without gaps while nothing plays and the sound server rests', async () => {
    stage.stopTone();
    await eventually('the rest', () => stage.soundRests());
    const played = await pull(`${server.url}/alice`, ({ soundTimesMs }) => soundTimesMs.length > 150);
    expect(stage.soundRests()).toBe(true);
    expect(played.peak).toBe(0);
    const steps = played.soundTimesMs.slice(1).map((time, index) => time - (played.soundTimesMs[index] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(21);
    expect(steps.filter((step) => step > 22).length).toBeLessThan(steps.length / 20);
    stage.playTone();
    await pull(`${server.url}/alice`, ({ peak }) => peak > 0.2);
  });

  it('comes back when the server does, later in the same time', async () => {
    const before = await pull(`${server.url}/alice`, ({ pictures }) => pictures.length > 3);
    await server.kill();
    await eventually('reconnecting', () => states().at(-1) === 'reconnecting');
    await server.start();
    await isPublishing();
    const after = await pull(`${server.url}/alice`, ({ pictures }) => pictures.length > 3);
    expect(after.pictures[0]?.timeMs).toBeGreaterThan(before.pictures.at(-1)?.timeMs ?? Number.POSITIVE_INFINITY);
  });

  it('leaves the stream of clients alone when the server hangs, and says so', async () => {
    program.stopPainting();
    noise = setInterval(paintNoise, 33);
    server.freeze();
    // The system's own buffers take some megabytes first.
    await eventually('a pause', () => states().at(-1) === 'paused');
    const encoded = async () => (await stage.link.call('stream.describe', {}, deadline)).stats.framesEncoded;
    const before = await encoded();
    await eventually('further pictures', async () => (await encoded()) > before + 20);
    clearInterval(noise);
    program.startPainting();
    await server.kill();
    await eventually('reconnecting', () => states().at(-1) === 'reconnecting');
    await server.start();
    await isPublishing();
  });

  it('says why a server refuses, without the URL, and another URL replaces it', async () => {
    await publish(`rtmp://127.0.0.1:${server.port}/closed/secret-key`);
    await eventually('the refusal', () =>
      stage.events['publish.state'].find(({ state, message }) => state === 'connecting' && message !== ''),
    );
    await publish(`${server.url}/bob`);
    await isPublishing();
    const count = states().length;
    await publish(`${server.url}/bob`);
    await pull(`${server.url}/bob`, ({ pictures }) => pictures.length > 3);
    expect(states()).toHaveLength(count);
    expect(JSON.stringify(stage.events['publish.state'])).not.toMatch(/secret|rtmp:/);
  });

  it('goes through TLS as well', async () => {
    const front = await openTlsFront(server.port);
    try {
      await publish(`rtmps://127.0.0.1:${front.port}/live/carol`);
      await isPublishing();
      await pull(`${server.url}/carol`, ({ pictures }) => pictures.length > 3);
      await publish(`${server.url}/bob`);
      await isPublishing();
    } finally {
      await front.close();
    }
  });

  it('ends with the session, and nothing is captured any more', async () => {
    await stage.link.call('session.close', { code: 0, message: '' }, deadline);
    const { publish: state, stats } = await stage.link.call('stream.describe', {}, deadline);
    expect(state).toBeNull();
    program.paint();
    await program.display.sync();
    expect((await stage.link.call('stream.describe', {}, deadline)).stats.framesCaptured).toBe(stats.framesCaptured);
    await eventually('the end at the server', async () => /deleteStream/.test(await server.log()));
  });

  it('needs a session', async () => {
    await expect(publish(`${server.url}/carol`)).rejects.toMatchObject({ code: 'not-configured' });
  });
});
