import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EncodedPicture } from '../media/video-encoder.js';
import type { PublishFrame } from '../publish/frames.js';
import type { Publisher, PublisherEvents } from '../publish/publisher-process.js';
import { recordLimits } from './limits.js';
import { parsePartName } from './part-name.js';
import { Recording } from './recording.js';

/** Writer without a process: keeps what it gets. */
interface FakeWriter extends Publisher {
  readonly url: string;
  readonly events: PublisherEvents;
  readonly frames: PublishFrame[];
  queuedBytes: number;
  closed: boolean;
}

const sets = (level: number) => Buffer.from([0, 0, 1, 0x67, 66, 0, level, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 9]);

function createRecording(hasRoom = async () => true) {
  const writers: FakeWriter[] = [];
  const asked = { keyFrames: 0 };
  const recording = new Recording({
    startWriter: ({ url }, events) => {
      const writer: FakeWriter = {
        url,
        events,
        frames: [],
        queuedBytes: 0,
        stuckSinceMs: null,
        closed: false,
        send: (frame) => void writer.frames.push(frame),
        close: async () => {
          writer.closed = true;
        },
      };
      writers.push(writer);
      return writer;
    },
    files: {
      hasRoom,
      openPath: (directory, startedAt) => `${directory}/${startedAt}`,
    },
    logger: pino({ level: 'silent' }),
    nowMs: () => Date.now(),
    requestKeyFrame: () => void asked.keyFrames++,
  });
  const picture = (keyFrame: boolean, extra: Partial<EncodedPicture> & { level?: number } = {}): EncodedPicture => ({
    codec: 'H264',
    data: keyFrame ? sets(extra.level ?? 30) : Buffer.from([0, 0, 1, 0x41, 1]),
    keyFrame,
    captureTimeUs: Date.now() * 1_000,
    width: 64,
    height: 48,
    ...extra,
  });
  const sound = (timeUs: number) => recording.onSound({ samples: new Int16Array(960), timeUs });
  return { recording, writers, asked, picture, sound };
}

const started = 1_700_000_000_000;
beforeEach(() => void vi.useFakeTimers({ now: started }));
afterEach(() => void vi.useRealTimers());

async function begun() {
  const parts = createRecording();
  parts.recording.start('/dir');
  await vi.advanceTimersByTimeAsync(0);
  parts.recording.onPicture(parts.picture(true));
  return parts;
}

it('begins with a key frame that it asks for, and counts time from there', async () => {
  const { recording, writers, asked, picture, sound } = createRecording();
  recording.onPicture(picture(true));
  recording.start('/dir');
  recording.start('/dir');
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.keyFrames).toBe(1);
  recording.onPicture(picture(false));
  expect(writers).toEqual([]);
  vi.setSystemTime(started + 100);
  recording.onPicture(picture(true));
  sound((started + 90) * 1_000);
  sound((started + 110) * 1_000);
  vi.setSystemTime(started + 133);
  recording.onPicture(picture(false));
  const [writer] = writers;
  expect(writer?.url).toBe(`/dir/${started + 100}`);
  expect(writer?.frames.map((frame) => [frame.type, 'timeUs' in frame && frame.timeUs])).toEqual([
    ['video', 0],
    ['sound', 10_000],
    ['video', 33_000],
  ]);
  await recording.stop();
  expect(writer?.closed).toBe(true);
  recording.onPicture(picture(true));
  expect(writers.length).toBe(1);
  expect(recording.active).toBe(false);
});

it.each([
  ['another size', { width: 128 }],
  ['other parameter sets', { level: 31 }],
  ['its length', { captureTimeUs: (started + recordLimits.partMs) * 1_000 }],
])('goes on in a new part because of %s', async (_why, extra) => {
  const { recording, writers, picture } = await begun();
  recording.onPicture(picture(true));
  expect(writers.length).toBe(1);
  recording.onPicture(picture(true, extra));
  expect(writers.map(({ closed, frames }) => [closed, frames.length])).toEqual([
    [true, 2],
    [false, 1],
  ]);
  await recording.stop();
});

it('pauses while the size changes all the time, and goes on with the size of then', async () => {
  const { recording, writers, asked, picture } = await begun();
  for (let change = 1; change <= 60; change++) {
    await vi.advanceTimersByTimeAsync(50);
    recording.onPicture(picture(true, { width: 64 + change * 2 }));
  }
  expect(writers.length).toBe(1 + recordLimits.changes);
  expect(writers.every(({ closed }) => closed)).toBe(true);
  const before = asked.keyFrames;
  await vi.advanceTimersByTimeAsync(recordLimits.changesPauseMs + recordLimits.tickMs);
  expect(asked.keyFrames).toBeGreaterThan(before);
  recording.onPicture(picture(true, { width: 640 }));
  expect(writers.at(-1)).toMatchObject({ closed: false, frames: [{ width: 640 }] });
  await recording.stop();
});

it('does not wait for ever for a writer that does not end', async () => {
  const { recording, writers } = await begun();
  const [writer] = writers;
  if (!writer) throw new Error('no part has begun');
  writer.close = () => new Promise(() => undefined);
  const stopped = vi.fn();
  void recording.stop().then(stopped);
  await vi.advanceTimersByTimeAsync(recordLimits.stopMs);
  expect(stopped).toHaveBeenCalled();
});

it('asks for key frames at their distance, also of a still screen', async () => {
  const { recording, asked, picture } = await begun();
  const before = asked.keyFrames;
  await vi.advanceTimersByTimeAsync(recordLimits.keyFrameIntervalMs + recordLimits.tickMs);
  expect(asked.keyFrames).toBeGreaterThan(before);
  recording.onPicture(picture(true));
  const after = asked.keyFrames;
  await vi.advanceTimersByTimeAsync(recordLimits.tickMs);
  expect(asked.keyFrames).toBe(after);
  await recording.stop();
});

it('leaves pictures out while the disk does not follow, up to a key frame', async () => {
  const { recording, writers, picture } = await begun();
  const [writer] = writers;
  if (!writer) throw new Error('no part has begun');
  writer.queuedBytes = recordLimits.queueBytes + 1;
  recording.onPicture(picture(false));
  writer.queuedBytes = 0;
  recording.onPicture(picture(false));
  expect(writer.frames.length).toBe(1);
  recording.onPicture(picture(true));
  expect(writer.frames.length).toBe(2);
  await recording.stop();
});

it('begins another part after a writer that failed, and gives up one day', async () => {
  const { recording, writers, picture } = await begun();
  for (let failure = 1; failure < recordLimits.failures; failure++) {
    writers.at(-1)?.events.onEnded('the disk is full');
    await vi.advanceTimersByTimeAsync(recordLimits.retryMs + recordLimits.tickMs);
    recording.onPicture(picture(true));
    expect(writers.length).toBe(failure + 1);
  }
  writers.at(-1)?.events.onEnded('the disk is full');
  expect(recording.active).toBe(false);
});

it('waits for room on the disk', async () => {
  let room = false;
  const { recording, writers, picture } = createRecording(async () => room);
  recording.start('/dir');
  // However long that takes: it is no failure of the recording.
  await vi.advanceTimersByTimeAsync((recordLimits.retryMs + recordLimits.tickMs) * recordLimits.failures * 2);
  recording.onPicture(picture(true));
  expect(writers).toEqual([]);
  room = true;
  await vi.advanceTimersByTimeAsync(recordLimits.retryMs * 2);
  recording.onPicture(picture(true));
  expect(writers.length).toBe(1);
  await recording.stop();
});

it('knows its files by their names', () => {
  expect(parsePartName('1700000000000.mp4.open')).toEqual({ startedAt: 1_700_000_000_000, durationMs: null });
  expect(parsePartName('1700000000000-1234.mp4')).toEqual({ startedAt: 1_700_000_000_000, durationMs: 1_234 });
  for (const name of ['', 'x.mp4', '1700000000000-1234.mp4.unknown', '../1700000000000.mp4.open']) {
    expect(parsePartName(name)).toBeNull();
  }
});
