import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCaptureSchedule } from './capture-schedule.js';

/** Runs a schedule as the pipeline does: damage at given times, an encoder that takes `encodeMs`. */
function run(options: { fps: number; damageMs: readonly number[]; encodeMs: number; untilMs: number }): number[] {
  const schedule = createCaptureSchedule(options.fps);
  const damage = [...options.damageMs].sort((a, b) => a - b);
  const captures: number[] = [];
  let busyUntil: number | undefined;
  let timer: number | undefined;
  for (let nowMs = 0; nowMs <= options.untilMs; nowMs += 0.25) {
    let ask = false;
    while (damage.length > 0 && damage[0]! <= nowMs) {
      damage.shift();
      schedule.onDamage(nowMs);
      ask = true;
    }
    if (busyUntil !== undefined && nowMs >= busyUntil) {
      busyUntil = undefined;
      schedule.onEncoderIdle();
      ask = true;
    }
    if (timer !== undefined && nowMs >= timer) {
      timer = undefined;
      ask = true;
    }
    if (!ask) continue;
    const decision = schedule.decide(nowMs);
    if (decision.type === 'later') timer = nowMs + decision.delayMs;
    if (decision.type !== 'now') continue;
    schedule.onCaptureStart(nowMs);
    schedule.onRead();
    captures.push(nowMs);
    busyUntil = nowMs + options.encodeMs;
  }
  return captures;
}

const every = (stepMs: number, untilMs: number) =>
  Array.from({ length: Math.floor(untilMs / stepMs) }, (_, index) => index * stepMs);

describe('createCaptureSchedule', () => {
  it('does nothing without damage', () => {
    expect(run({ fps: 60, damageMs: [], encodeMs: 3, untilMs: 1_000 })).toEqual([]);
  });

  it('takes a lone change at once', () => {
    expect(run({ fps: 60, damageMs: [100], encodeMs: 3, untilMs: 1_000 })).toEqual([100]);
  });

  it('takes the second step of a change at once, and what follows when the rate allows it', () => {
    const captures = run({ fps: 50, damageMs: [100, 101, 105, 110], encodeMs: 3, untilMs: 1_000 });
    expect(captures.slice(0, 2)).toEqual([100, 103]);
    expect(captures).toHaveLength(3);
    expect(captures[2]!).toBeGreaterThanOrEqual(115);
    expect(captures[2]!).toBeLessThanOrEqual(120.25);
  });

  it('follows a source of its own rate without delay, in spite of jitter', () => {
    const damageMs = every(1_000 / 60, 1_000).map((at, index) => at + (index % 3));
    const captures = run({ fps: 60, damageMs, encodeMs: 3, untilMs: 1_100 });
    expect(captures.length).toBe(damageMs.length);
    for (const [index, at] of captures.entries()) expect(at - damageMs[index]!).toBeLessThan(1);
  });

  it('lets no picture wait because an earlier one came late', () => {
    const intervalMs = 1_000 / 60;
    const lateMs = [0, 6, 12, 15];
    const damageMs = every(intervalMs, 3_000).map((at, index) =>
      index % 40 === 0 ? at + lateMs[(index / 40) % 4]! : at,
    );
    const captures = run({ fps: 60, damageMs, encodeMs: 1, untilMs: 3_100 });
    expect(captures.length).toBe(damageMs.length);
    for (const [index, at] of captures.entries()) expect(at - damageMs[index]!).toBeLessThan(1);
  });

  it('follows a source that is a little faster', () => {
    const damageMs = every(16, 5_000);
    const captures = run({ fps: 60, damageMs, encodeMs: 3, untilMs: 5_100 });
    expect(captures.length).toBe(damageMs.length);
    for (const [index, at] of captures.entries()) expect(at - damageMs[index]!).toBeLessThan(1);
  });

  it('makes up for what has put off the pictures of such a source', () => {
    const damageMs = every(16, 6_000);
    // A paint of its own in the middle of an interval takes what the next picture needs, and the one behind that.
    const extraMs = [1_005, 1_010, 1_022];
    const captures = run({ fps: 60, damageMs: [...damageMs, ...extraMs], encodeMs: 1, untilMs: 6_100 });
    expect(captures.some((at) => at > 1_030 && at % 16 > 4)).toBe(true);
    expect(captures.filter((at) => at > 4_000).every((at) => at % 16 === 0)).toBe(true);
  });

  it('takes one whole picture of each paint once it knows that the program paints in two steps', () => {
    const firstMs = every(20, 4_000);
    const damageMs = firstMs.flatMap((at) => [at, at + 1]);
    const captures = run({ fps: 60, damageMs, encodeMs: 3, untilMs: 4_100 }).filter((at) => at > 1_000);
    expect(captures).toEqual(firstMs.map((at) => at + 1).filter((at) => at > 1_000));
  });

  it('makes one picture of what is reported together', () => {
    const firstMs = every(50, 1_000);
    const captures = run({ fps: 60, damageMs: firstMs.flatMap((at) => [at, at, at]), encodeMs: 3, untilMs: 1_100 });
    expect(captures).toEqual(firstMs);
  });

  it('keeps to its rate with a source that is much faster, and follows it when it becomes slower', () => {
    const fast = every(1_000 / 144, 4_000);
    const slow = every(16, 4_000).map((at) => at + 4_000);
    const captures = run({ fps: 60, damageMs: [...fast, ...slow], encodeMs: 3, untilMs: 8_100 });
    const between = (from: number, to: number) => captures.filter((at) => at >= from && at < to);
    expect(between(1_000, 4_000).length).toBeGreaterThanOrEqual(179);
    expect(between(1_000, 4_000).length).toBeLessThanOrEqual(181);
    expect(between(7_000, 8_000).every((at) => at % 16 === 0)).toBe(true);
  });

  it('never exceeds its rate on average, whatever happens on the screen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 300 }),
        fc.constantFrom(15, 30, 60),
        (damageMs, fps) => {
          const captures = run({ fps, damageMs, encodeMs: 2, untilMs: 1_100 });
          expect(captures.length).toBeLessThanOrEqual(Math.ceil((1.1 * 1_100 * fps) / 1_000) + 2);
          if (damageMs.length > 0) expect(captures.at(-1)!).toBeGreaterThanOrEqual(Math.max(...damageMs));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('waits for a slow encoder and then takes the newest picture only', () => {
    const captures = run({ fps: 60, damageMs: every(5, 1_000), encodeMs: 40, untilMs: 1_000 });
    expect(captures.length).toBeLessThanOrEqual(26);
    expect(captures.length).toBeGreaterThanOrEqual(24);
  });

  it('takes a forced picture at once although the interval has not passed', () => {
    const schedule = createCaptureSchedule(30);
    schedule.onDamage(0);
    schedule.onCaptureStart(0);
    schedule.onRead();
    schedule.onEncoderIdle();
    schedule.onForced();
    expect(schedule.decide(1)).toEqual({ type: 'now' });
  });
});
