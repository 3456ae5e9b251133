import { isAppError } from '@cloudstage/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSettling } from './microphone-use.js';
import { readRecordingStreams } from './recording-streams.js';
import { parseSoundMessage, soundRequests, TaggedValues } from './sound-wire.js';

const number = (value: number) => Buffer.from([0x4c, value >>> 24, value >>> 16, value >>> 8, value]);
const text = (value: string) => Buffer.from(`t${value}\0`);
const usec = Buffer.concat([Buffer.from('U'), Buffer.alloc(8, 1)]);
const properties = Buffer.concat([
  Buffer.from('P'),
  ...[text('application.name'), number(5), Buffer.from('x'), number(5).subarray(1), Buffer.from('game\0')],
  ...[text('empty'), number(0), Buffer.from('x'), number(0).subarray(1)],
  Buffer.from('N'),
]);
/** As PulseAudio 16.1 tells of a mono stream; without a resampler it has no name of one. */
const stream = (source: number, isPaused: boolean, resampler = text('speex-float-1')) =>
  Buffer.concat([
    ...[number(7), text('voice'), number(0xffffffff), number(3), number(source)],
    Buffer.from([0x61, 3, 1, 0, 0, 0xbb, 0x80, 0x6d, 1, 0]),
    ...[usec, usec, resampler, text('protocol-native.c'), properties],
    Buffer.from(isPaused ? '1' : '0'),
  ]);
const fails = (run: () => unknown) => {
  try {
    run();
    return 'nothing was thrown';
  } catch (error) {
    return isAppError(error, 'sound-server-failed') ? 'sound-server-failed' : error;
  }
};

describe('readRecordingStreams', () => {
  it('reads every stream of a list, and the empty list', () => {
    expect(readRecordingStreams(new TaggedValues(Buffer.alloc(0)))).toEqual([]);
    const list = Buffer.concat([stream(0, false), stream(1, true), stream(4_000_000_000, false, Buffer.from('N'))]);
    expect(readRecordingStreams(new TaggedValues(list))).toEqual([
      { source: 0, isPaused: false },
      { source: 1, isPaused: true },
      { source: 4_000_000_000, isPaused: false },
    ]);
  });

  it('throws nothing but its own error for a list that is cut off or spoilt', () => {
    const list = Buffer.concat([stream(0, false), stream(1, true)]);
    const cut = stream(0, false).length;
    for (let length = 1; length < list.length; length++)
      expect(fails(() => readRecordingStreams(new TaggedValues(list.subarray(0, length))))).toBe(
        length === cut ? 'nothing was thrown' : 'sound-server-failed',
      );
    fc.assert(
      fc.property(fc.nat({ max: list.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const spoilt = Buffer.from(list);
        spoilt[at] = value;
        const outcome = fails(() => readRecordingStreams(new TaggedValues(spoilt)));
        expect(['nothing was thrown', 'sound-server-failed']).toContain(outcome);
      }),
      { numRuns: 2_000 },
    );
  });
});

it('news of streams are told as such, and asked for with whole frames', () => {
  const event = Buffer.concat([number(66), number(0xffffffff), number(0x13), number(4)]);
  expect(parseSoundMessage(event)).toEqual({ type: 'streams-changed' });
  for (const request of [
    soundRequests.findSource(2, 'microphone'),
    soundRequests.followRecordingStreams(3),
    soundRequests.listRecordingStreams(4),
  ])
    expect(request.readUInt32BE(0)).toBe(request.length - 20);
});

describe('createSettling', () => {
  let told: boolean[];
  let settling: ReturnType<typeof createSettling>;
  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    settling = createSettling({ trueMs: 200, falseMs: 1_000 }, (value) => void told.push(value));
  });
  afterEach(() => vi.useRealTimers());

  it('tells what has lasted, and not what was short', () => {
    settling.update(true);
    vi.advanceTimersByTime(199);
    settling.update(false);
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([]);
    settling.update(true);
    vi.advanceTimersByTime(100);
    settling.update(true);
    vi.advanceTimersByTime(100);
    expect(told).toEqual([true]);
    settling.update(false);
    vi.advanceTimersByTime(999);
    settling.update(true);
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([true]);
    settling.update(false);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([true, false]);
  });

  it('tells nothing of a state that never lasts, with one timer at most', () => {
    for (let turn = 0; turn < 100; turn++) {
      settling.update(turn % 2 === 0);
      expect(vi.getTimerCount()).toBeLessThan(2);
      vi.advanceTimersByTime(50);
    }
    expect(told).toEqual([]);
    settling.update(true);
    settling.stop();
    vi.advanceTimersByTime(5_000);
    expect(told).toEqual([]);
  });
});
