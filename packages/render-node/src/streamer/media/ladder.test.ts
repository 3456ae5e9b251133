import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLadder, type Ladder } from './ladder.js';

/** A machine and a path: what a second of motion costs at a frame rate. */
interface World {
  readonly wantedFps?: number;
  /** Of one picture. */
  readonly busyMs: number;
  readonly targetBps?: number;
  /** What the content would like to have at any frame rate, bits a picture. */
  readonly pictureBits?: number;
  /** Share of the possible pictures that change. */
  readonly motion?: number;
}

const pixels = 1_280 * 720;

/** Seconds of a stream. @returns the frame rate after each */
function run(ladder: Ladder, seconds: number, world: World, fromS = 0): number[] {
  const { wantedFps = 60, busyMs, targetBps = 20_000_000, pictureBits = 100_000, motion = 1 } = world;
  const rates: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const fps = ladder.fps(wantedFps);
    const pictures = Math.min(Math.round(fps * motion), Math.floor(1_000 / busyMs));
    const bits = Math.min(targetBps, pictures * pictureBits);
    const reading = {
      nowMs: (fromS + second) * 1_000,
      elapsedMs: 1_000,
      wantedFps,
      pictures,
      busyMs: pictures * busyMs,
      bits,
      targetBps,
      pixels,
    };
    rates.push(ladder.step(reading));
  }
  return rates;
}

const changes = (rates: readonly number[]) =>
  rates.filter((rate, index) => index > 0 && rate !== rates[index - 1]).length;

describe('the ladder', () => {
  it.each([
    ['a fast machine and a wide path', { busyMs: 5 }, 60],
    ['pictures that just fit', { busyMs: 15 }, 60],
    ['pictures of 20 ms', { busyMs: 20 }, 40],
    ['pictures of 30 ms', { busyMs: 30 }, 30],
    ['pictures of 60 ms', { busyMs: 60 }, 15],
    ['pictures of 20 ms of which few change', { busyMs: 20, motion: 0.3 }, 60],
    ['a wish for 30 and pictures of 30 ms', { busyMs: 30, wantedFps: 30 }, 30],
    ['a wish for 30 and pictures of 40 ms', { busyMs: 40, wantedFps: 30 }, 20],
    ['a wish below the lowest rate', { busyMs: 190, wantedFps: 6 }, 6],
    ['a narrow path and busy pictures', { busyMs: 5, targetBps: 700_000 }, 30],
    ['a narrow path and quiet pictures', { busyMs: 5, targetBps: 700_000, pictureBits: 5_000 }, 60],
    ['a slow machine on which little moves', { busyMs: 15, motion: 0.2 }, 60],
  ] as [string, World, number][])('%s: comes to rest', (_what, world, fps) => {
    const rates = run(createLadder(), 300, world);
    expect(rates.at(-1)).toBe(fps);
    expect(new Set(rates.slice(-100)).size).toBe(1);
  });

  it('comes back when the pressure has gone, in steps, and within a minute', () => {
    const ladder = createLadder();
    expect(run(ladder, 20, { busyMs: 30 }).at(-1)).toBe(30);
    const rates = run(ladder, 60, { busyMs: 6 }, 20);
    expect([...new Set(rates)]).toEqual([30, 40, 60]);
    expect(rates.at(-1)).toBe(60);
  });

  it('does not follow a short peak, and says nothing of a still screen', () => {
    const ladder = createLadder();
    for (let at = 0; at < 100; at += 4) {
      expect(run(ladder, 2, { busyMs: 30 }, at).at(-1)).toBe(60);
      expect(run(ladder, 2, { busyMs: 5 }, at + 2).at(-1)).toBe(60);
    }
    run(ladder, 20, { busyMs: 30 }, 100);
    expect(new Set(run(ladder, 100, { busyMs: 5, motion: 0 }, 120))).toEqual(new Set([30]));
  });

  it('tries a rate that turns out too much less and less often', () => {
    // What costs 14 ms at 40 pictures a second costs 18 at 60: the program needs the processor, too.
    const ladder = createLadder();
    const rates: number[] = [];
    for (let second = 0; second < 1_200; second++) {
      rates.push(...run(ladder, 1, { busyMs: ladder.fps(60) === 60 ? 18 : 10 }, second));
    }
    const first = changes(rates.slice(0, 300));
    const last = changes(rates.slice(-300));
    expect(first).toBeGreaterThan(last);
    expect(last).toBeLessThanOrEqual(6);
    ladder.reset();
    expect(ladder.fps(60)).toBe(60);
  });

  it('stays within its bounds whatever happens', () => {
    const worlds = fc.array(
      fc.record({
        busyMs: fc.integer({ min: 1, max: 400 }),
        targetBps: fc.integer({ min: 100_000, max: 50_000_000 }),
        motion: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(worlds, fc.integer({ min: 1, max: 120 }), (list, wantedFps) => {
        const ladder = createLadder();
        list.forEach((world, index) => {
          for (const fps of run(ladder, 4, { ...world, wantedFps }, index * 4)) {
            expect(fps).toBeLessThanOrEqual(wantedFps);
            expect(fps).toBeGreaterThanOrEqual(Math.min(10, wantedFps));
            expect(Number.isInteger(fps)).toBe(true);
          }
        });
      }),
    );
  });
});
