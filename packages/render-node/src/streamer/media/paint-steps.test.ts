import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPaintSteps } from './paint-steps.js';

const intervalMs = 1_000 / 60;

/** Lets a program paint `count` times, every 20 ms, with steps at these times behind the first; the last paint gets its first step only. */
function painted(count: number, stepsMs: readonly number[]) {
  const steps = createPaintSteps();
  for (let index = 0; index < count; index += 1)
    for (const stepMs of index === count - 1 ? [0] : stepsMs) steps.onStep(index * 20 + stepMs);
  return { steps, nowMs: (count - 1) * 20 };
}

describe('createPaintSteps', () => {
  it('lets nothing wait before it knows the program', () => {
    const { steps, nowMs } = painted(8, [0, 1]);
    expect(steps.restMs(nowMs, intervalMs)).toBe(0);
  });

  it('waits for the rest of a paint of a program that paints in steps, and no longer than for the usual last one', () => {
    const { steps, nowMs } = painted(12, [0, 1, 2]);
    expect(steps.restMs(nowMs, intervalMs)).toBeCloseTo(1.5);
    steps.onStep(nowMs + 1);
    expect(steps.restMs(nowMs + 1, intervalMs)).toBeCloseTo(1.5);
    steps.onStep(nowMs + 2);
    expect(steps.restMs(nowMs + 2, intervalMs)).toBe(0);
  });

  it('takes what is reported together for one step', () => {
    const { steps, nowMs } = painted(20, [0, 0.05, 0.1, 0.2]);
    expect(steps.restMs(nowMs, intervalMs)).toBe(0);
  });

  it('forgets a habit that the program has given up', () => {
    const { steps, nowMs } = painted(12, [0, 1]);
    for (let index = 1; index < 14; index += 1) steps.onStep(nowMs + index * 20);
    expect(steps.restMs(nowMs + 13 * 20, intervalMs)).toBe(0);
  });

  it('waits for no program whose changes never end', () => {
    const steps = createPaintSteps();
    for (let atMs = 0; atMs < 1_000; atMs += 1) {
      steps.onStep(atMs);
      expect(steps.restMs(atMs, intervalMs)).toBe(0);
    }
  });

  it('never lets a program that shows its pictures by one request wait, whatever its rhythm', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 3.01, max: 500, noNaN: true }), { maxLength: 200 }), (pausesMs) => {
        const steps = createPaintSteps();
        let nowMs = 0;
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs;
          steps.onStep(nowMs);
          expect(steps.restMs(nowMs, intervalMs)).toBe(0);
        }
      }),
    );
  });

  it('bounds the wait by a share of the interval from the first step on, whatever the program does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { maxLength: 200 }),
        fc.constantFrom(15, 30, 60, 120),
        (pausesMs, fps) => {
          const steps = createPaintSteps();
          let nowMs = 0;
          let firstMs = 0;
          for (const pauseMs of pausesMs) {
            nowMs += pauseMs;
            if (steps.onStep(nowMs)) firstMs = nowMs;
            const untilMs = nowMs + steps.restMs(nowMs, 1_000 / fps);
            expect(untilMs).toBeLessThanOrEqual(Math.max(nowMs, firstMs + Math.min(6, 350 / fps) + 1e-6));
          }
        },
      ),
    );
  });
});
