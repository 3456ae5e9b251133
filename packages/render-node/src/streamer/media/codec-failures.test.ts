import { AppError } from '@cloudstage/protocol';
import { expect, it } from 'vitest';
import { createCodecFailures, failurePauseMs } from './codec-failures.js';

const failed = new AppError('encoder-failed', 'no');

function create() {
  const clock = { ms: 5_000 };
  const told: unknown[] = [];
  const warn = (what: { codec: string; reason: string }) => told.push(`${what.codec} ${what.reason}`);
  const failures = createCodecFailures({ warn: warn as never }, () => clock.ms);
  return { clock, told, failures };
}

it('withdraws AV1 at its first failure for the life of the process, and tells it once', () => {
  const { clock, told, failures } = create();
  expect(failures.offer(['H264', 'AV1'])).toEqual({ available: ['H264', 'AV1'], failing: [] });
  failures.onFailure('AV1', failed);
  clock.ms += 1e9;
  expect(failures.usable(['AV1', 'VP8'])).toEqual(['VP8']);
  expect(failures.retryInMs(['AV1'])).toBeNull();
  expect(failures.offer(['H264', 'VP8', 'AV1']).available).toEqual(['H264', 'VP8']);
  expect([failures.isWithdrawn('AV1'), failures.isWithdrawn('H264')]).toEqual([true, false]);
  expect(told).toEqual(['AV1 encoder-failed']);
});

it('tries H.264 again for ever, at pauses that grow to a second, and tells it once in a row', () => {
  const { clock, told, failures } = create();
  const pauses: number[] = [];
  for (let at = 0; at < 8; at++) {
    failures.onFailure('H264', failed);
    expect(failures.usable(['H264', 'VP8'])).toEqual(['VP8']);
    const pause = failures.retryInMs(['H264', 'VP8']) ?? Number.NaN;
    pauses.push(pause);
    clock.ms += pause;
    expect(failures.usable(['H264'])).toEqual(['H264']);
    expect(failures.retryInMs(['H264'])).toBe(0);
  }
  expect(pauses).toEqual([40, 80, 160, 320, 640, 1_000, 1_000, 1_000]);
  expect(failurePauseMs(1e6)).toBe(1_000);
  expect(failures.offer(['H264', 'VP8'])).toEqual({ available: ['H264', 'VP8'], failing: ['H264'] });
  expect(told).toHaveLength(1);
});

it('ends a row only when pictures have come for a while, so that a codec that flaps does not begin at the shortest pause', () => {
  const { clock, told, failures } = create();
  for (let at = 0; at < 3; at++) {
    failures.onFailure('H264', failed);
    clock.ms += 1_000;
    failures.onPicture('H264');
    expect(failures.retryInMs(['H264'])).toBeNull();
  }
  expect(told).toHaveLength(1);
  clock.ms += 10_000;
  failures.onPicture('H264');
  failures.onFailure('H264', failed);
  expect(failures.retryInMs(['H264'])).toBe(40);
  expect(told).toHaveLength(2);
});

it('withdraws VP8 for a minute when it fails five times in a row, and begins anew then', () => {
  const { clock, failures } = create();
  const fail = (times: number) => {
    for (let at = 0; at < times; at++) {
      clock.ms += failures.retryInMs(['VP8']) ?? 0;
      failures.onFailure('VP8', failed);
    }
  };
  fail(4);
  expect(failures.isWithdrawn('VP8')).toBe(false);
  fail(1);
  expect(failures.isWithdrawn('VP8')).toBe(true);
  expect(failures.usable(['VP8'])).toEqual([]);
  clock.ms += 59_999;
  expect(failures.isWithdrawn('VP8')).toBe(true);
  clock.ms += 1;
  expect(failures.usable(['VP8'])).toEqual(['VP8']);
  fail(4);
  expect(failures.isWithdrawn('VP8')).toBe(false);
});
