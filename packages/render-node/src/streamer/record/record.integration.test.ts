import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GreyProgram, openGreyProgram, stageMedia, stageSettings } from '../peer/testing/grey-program.js';
import { chromiumOffer } from '../peer/testing/offers.js';
import { eventually, openStage, type Stage } from '../peer/testing/stage.js';
import { pull } from '../publish/testing/pull.js';

const deadline = { deadlineMs: 20_000 };

let stage: Stage;
let program: GreyProgram;
let directory: string;

const files = async () => (await readdir(directory)).filter((name) => name.includes('.mp4')).sort();
const addPeer = (desktopResolution?: string) =>
  stage.link.call(
    'peer.add',
    {
      ...{ peerId: `p${Math.random()}`, userId: 'alice', role: 'Player', seat: 1, reconnectToken: 'token' },
      clientSession: { sdp: chromiumOffer, type: 'offer', ...(desktopResolution ? { desktopResolution } : {}) },
    } as Parameters<typeof stage.link.call<'peer.add'>>[1],
    deadline,
  );

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recording-'));
  stage = await openStage();
  program = await openGreyProgram(stage.server);
  stage.playTone();
  const request = {
    sessionId: 'one',
    settings: stageSettings,
    window: null,
    media: stageMedia,
    recordingDirectory: directory,
  };
  await stage.link.call('stream.configure', request, deadline);
});
afterAll(async () => {
  await program?.close();
  await stage?.close();
  await rm(directory, { recursive: true, force: true });
});

it('records picture and sound from the first client on, whether or not it stays', async () => {
  expect(await files()).toEqual([]);
  await addPeer();
  const file = await eventually('a part', async () => (await files())[0]);
  expect(file).toMatch(/^\d{13}\.mp4\.open$/);
  // While it is being written: what a reader sees now is what a crash would leave.
  const path = join(directory, file);
  const played = await eventually('three seconds', () =>
    pull(path, ({ pictures, peak }) => (pictures.at(-1)?.timeMs ?? 0) > 3_000 && peak > 0.2).catch(() => undefined),
  );
  expect(played.pictures[0]).toMatchObject({ keyFrame: true, width: 640, height: 480, timeMs: 0 });
  expect(new Set(played.pictures.map(({ luma }) => luma)).size).toBeGreaterThan(8);
  expect(played.sound).toEqual({ codec: 'aac', sampleRate: 48_000, channels: 2 });
});

it('goes on in a new part with another picture size, and names whole parts by their length', async () => {
  await addPeer('800x600');
  const [whole, open] = await eventually('a second part', async () => {
    const found = await files();
    return found.length === 2 && found[0]?.endsWith('.mp4') && found;
  });
  const lengthMs = Number(/-(\d+)\.mp4$/.exec(whole ?? '')?.[1]);
  expect(lengthMs).toBeGreaterThan(3_000);
  // Sound goes on while an encoder of the next size is opened, which takes a busy machine a while.
  const first = await pull(join(directory, whole ?? ''), ({ pictures, soundTimesMs }) => {
    return Math.max(pictures.at(-1)?.timeMs ?? 0, soundTimesMs.at(-1) ?? 0) > lengthMs - 500;
  });
  expect(first.pictures.at(-1)).toMatchObject({ width: 640, height: 480 });
  const second = await eventually('the second part', () =>
    pull(join(directory, open ?? ''), ({ pictures }) => pictures.length > 5).catch(() => undefined),
  );
  expect(second.pictures[0]).toMatchObject({ keyFrame: true, width: 800, height: 600, timeMs: 0 });
});

it('keeps picture and sound together over a time in which nothing plays and the sound server rests', async () => {
  program.stopPainting();
  stage.stopTone();
  await eventually('the rest', () => stage.soundRests());
  program.paint();
  program.startPainting();
  const startedMs = performance.now();
  stage.playTone();
  await eventually('the player', () => !stage.soundRests());
  const playerMs = performance.now() - startedMs;
  const path = join(directory, (await files()).at(-1) ?? '');
  /** Longest pause of what is left when times are looked at one after the other. */
  const pause = (times: readonly number[]) => {
    const gaps = times.slice(1).map((time, index) => ({ fromMs: times[index] ?? 0, toMs: time }));
    return gaps.reduce((most, gap) => (gap.toMs - gap.fromMs > most.toMs - most.fromMs ? gap : most), {
      fromMs: 0,
      toMs: 0,
    });
  };
  const played = await eventually('sound after the rest', () =>
    pull(path, ({ loudTimesMs }) => {
      const quiet = pause(loudTimesMs);
      // Longer than what a busy machine leaves out of a tone.
      return quiet.toMs - quiet.fromMs > 900 && (loudTimesMs.at(-1) ?? 0) > quiet.toMs + 500;
    }).catch(() => undefined),
  );
  const steps = played.soundTimesMs.slice(1).map((time, index) => time - (played.soundTimesMs[index] ?? 0));
  expect(steps.filter((step) => step > 22).length).toBeLessThan(steps.length / 20);
  // The picture and the tone began together, but for what the player of the tone took to start.
  const quiet = pause(played.loudTimesMs);
  const moving = played.pictures.map(({ timeMs }) => timeMs).filter((time) => time > quiet.toMs);
  expect(moving.length).toBeGreaterThan(5);
  // The painting ended before the tone did, so its last change can be on either side of the pause's begin; the rest takes longer
  // than half a second, and no change is in it.
  const begunMs = played.pictures.find(
    ({ timeMs, luma }, index) =>
      timeMs > quiet.fromMs + 500 && Math.abs(luma - (played.pictures[index - 1]?.luma ?? luma)) > 5,
  )?.timeMs;
  if (begunMs === undefined) throw new Error('no picture changed after the rest');
  expect(quiet.toMs - begunMs).toBeGreaterThan(-150);
  expect(quiet.toMs - begunMs).toBeLessThan(playerMs + 1_500);
});

it('has given all parts their names when the session has ended', async () => {
  await stage.link.call('session.close', { code: 0, message: '' }, deadline);
  await eventually('whole parts', async () => (await files()).every((name) => /^\d{13}-\d+\.mp4$/.test(name)));
});

it('makes whole what was being recorded when the streamer is killed', async () => {
  const second = await mkdtemp(join(directory, 'two-'));
  const request = { sessionId: 'two', settings: stageSettings, window: null, media: stageMedia };
  await stage.link.call('stream.configure', { ...request, recordingDirectory: second }, deadline);
  await addPeer();
  const open = await eventually('a part', async () => (await readdir(second))[0]);
  await eventually('two seconds', () =>
    pull(join(second, open), ({ pictures }) => (pictures.at(-1)?.timeMs ?? 0) > 2_000).catch(() => undefined),
  );
  stage.child.kill('SIGKILL');
  const whole = await eventually('its name', async () => {
    const [name, ...others] = await readdir(second);
    return others.length === 0 && name?.endsWith('.mp4') && name;
  });
  const lengthMs = Number(/^\d{13}-(\d+)\.mp4$/.exec(whole)?.[1]);
  expect(lengthMs).toBeGreaterThan(2_000);
  await pull(join(second, whole), ({ pictures, soundTimesMs }) => {
    return Math.max(pictures.at(-1)?.timeMs ?? 0, soundTimesMs.at(-1) ?? 0) > lengthMs - 500;
  });
});
