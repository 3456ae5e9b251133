import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PathReport } from '../rtp/sender-observer.js';
import {
  initialPlayoutState,
  type PlayoutState,
  playoutDelayOf,
  playoutLevelsMs,
  stepPlayout,
} from './playout-policy.js';

const good: PathReport = { fractionLost: 0, jitterMs: 3, rttMs: 20 };

/** Runs a report a second; returns the state and the levels that were taken. */
function run(reports: readonly PathReport[], from = initialPlayoutState, startMs = 0) {
  let state: PlayoutState = from;
  const levels: number[] = [];
  for (const [index, report] of reports.entries()) {
    const before = state.level;
    state = stepPlayout(state, report, startMs + index * 1_000);
    if (state.level !== before) levels.push(state.level);
  }
  return { state, levels };
}

const times = (count: number, report: PathReport) => Array.from({ length: count }, () => report);

describe('playout policy', () => {
  it.each([
    ['a good path', good, 0],
    ['loss that repairs hide', { ...good, fractionLost: 0.03 }, 0],
    ['variation that the display hides', { ...good, jitterMs: 11 }, 0],
    ['loss on a short path', { ...good, fractionLost: 0.1 }, 50],
    ['loss on a longer path', { ...good, fractionLost: 0.1, rttMs: 70 }, 100],
    ['variation', { ...good, jitterMs: 30 }, 100],
    ['more than any hold hides', { fractionLost: 0.3, jitterMs: 200, rttMs: 400 }, 200],
    ['loss without a known round trip', { fractionLost: 0.2, jitterMs: 3, rttMs: undefined }, 50],
  ] as const)('%s', (_name, report, maxMs) => {
    expect(playoutDelayOf(run(times(60, report)).state)).toEqual({ minMs: 0, maxMs });
  });

  it('needs more than a bad second or two', () => {
    const bad = { fractionLost: 0.2, jitterMs: 80, rttMs: 60 };
    expect(run([...times(5, good), bad, ...times(30, good)]).levels).toEqual([]);
    expect(run([...times(5, good), ...times(8, bad)]).levels.length).toBeGreaterThan(0);
  });

  it('goes back to showing at once, step by step, when the path is good again', () => {
    const up = run(times(30, { fractionLost: 0.3, jitterMs: 200, rttMs: 400 })).state;
    expect(up.level).toBe(playoutLevelsMs.length - 1);
    const { state, levels } = run(times(120, good), up, 30_000);
    expect(levels).toEqual([2, 1, 0]);
    expect(playoutDelayOf(state)).toEqual({ minMs: 0, maxMs: 0 });
  });

  it('does not swing at a border: whatever a steady path is, the level settles', () => {
    const noisy = fc.record({
      jitterMs: fc.double({ min: 0, max: 100, noNaN: true }),
      lost: fc.double({ min: 0, max: 0.1, noNaN: true }),
      rttMs: fc.double({ min: 1, max: 200, noNaN: true }),
      noise: fc.infiniteStream(fc.double({ min: 0.9, max: 1.1, noNaN: true })),
    });
    fc.assert(
      fc.property(noisy, ({ jitterMs, lost, rttMs, noise }) => {
        const factor = () => Number(noise.next().value);
        const reports = Array.from({ length: 400 }, () => ({
          jitterMs: jitterMs * factor(),
          fractionLost: lost * factor(),
          rttMs: rttMs * factor(),
        }));
        const settled = run(reports.slice(0, 100)).state;
        expect(run(reports.slice(100), settled, 100_000).levels.length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 60 },
    );
  });
});
