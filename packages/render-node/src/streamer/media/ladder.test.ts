import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLadder, type Ladder } from './ladder.js';
import { mediaLimits } from './limits.js';
import { type LadderWish, type Rung, rungsOf } from './rungs.js';

/** A machine and a path: what a second of motion costs in full size. */
interface World {
  readonly wish?: Partial<LadderWish>;
  /** Of one picture: reading and colours, which no size changes, and encoding. */
  readonly readMs?: number;
  readonly encodeMs?: number;
  readonly targetBps?: number;
  /** What the content would like to have at any frame rate, bits a picture. */
  readonly pictureBits?: number;
  /** Share of the possible pictures that change. */
  readonly motion?: number;
  /** The encoder tells pictures that get less than a third of that, and of such only this share of the target is used. */
  readonly coarseFill?: number;
}

const wanted = { fps: 60, width: 1_280, height: 720 };
const fullRate: Rung = { fps: 60, share: 1 };
const half: Rung = { fps: 30, share: 1 };

/** Seconds of a stream. @returns the rung after each */
function run(ladder: Ladder, seconds: number, world: World, fromS = 0): Rung[] {
  const { readMs = 1, encodeMs = 4, targetBps = 20_000_000, pictureBits = 100_000, motion = 1, coarseFill } = world;
  const wish = { ...wanted, ...world.wish };
  const rungs: Rung[] = [];
  for (let second = 0; second < seconds; second++) {
    const { fps, share } = ladder.at(wish);
    // Measured: encoding and bits of scrolling text fall a little slower than pixels.
    const encode = encodeMs * share ** 1.8;
    const busyMs = readMs + encode;
    const pictures = Math.min(Math.round(fps * motion), Math.floor(1_000 / busyMs));
    const wantedBits = pictures * pictureBits * share ** 1.6;
    const isCoarse = coarseFill !== undefined && wantedBits > 3 * targetBps;
    rungs.push(
      ladder.step({
        nowMs: (fromS + second) * 1_000,
        elapsedMs: 1_000,
        wish,
        pictures,
        busyMs: pictures * busyMs,
        encodeMs: pictures * encode,
        bits: Math.min(isCoarse ? targetBps * coarseFill : targetBps, wantedBits),
        coarse: isCoarse ? pictures : 0,
        targetBps,
        pixels: wish.width * wish.height * share ** 2,
      }),
    );
  }
  return rungs;
}

const text = ({ fps, share }: Rung) => `${fps} ${share}`;
const distinct = (rungs: readonly Rung[]) => [...new Set(rungs.map(text))];
const changesIn = (rungs: readonly Rung[]) =>
  rungs.filter((rung, index) => index > 0 && text(rung) !== text(rungs[index - 1] ?? rung)).length;

describe('the rungs', () => {
  it.each([
    ['720p60', wanted, ['60 1', '40 1', '30 1', '30 0.75', '30 0.5', '20 0.5', '15 0.5']],
    ['720p30', { ...wanted, fps: 30 }, ['30 1', '20 1', '20 0.75', '20 0.5', '15 0.5', '10 0.5']],
    ['720p10', { ...wanted, fps: 10 }, ['10 1', '10 0.75', '10 0.5']],
    [
      'a small portrait screen',
      { fps: 60, width: 480, height: 960 },
      ['60 1', '40 1', '30 1', '30 0.75', '20 0.75', '15 0.75'],
    ],
    ['a smaller one', { fps: 6, width: 320, height: 240 }, ['6 1']],
    ['one that must keep its size', { ...wanted, fps: 30, keepsSize: true }, ['30 1', '20 1', '15 1', '10 1']],
    [
      '1440p',
      { fps: 40, width: 2_560, height: 1_440 },
      ['40 1', '27 1', '20 1', '20 0.75', '20 0.5', '20 0.25', '13 0.25', '10 0.25'],
    ],
  ])('of %s', (_what, wish, expected) => {
    expect(rungsOf(wish).map(text)).toEqual(expected);
  });

  it('go down one at a time, in one of the two, never below what can be read', () => {
    const side = fc.integer({ min: 64, max: 4_096 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), side, side, (fps, width, height) => {
        const rungs = rungsOf({ fps, width, height });
        expect(rungs[0]).toEqual({ fps, share: 1 });
        rungs.forEach((rung, at) => {
          const before = rungs[at - 1];
          expect(rung.fps).toBeGreaterThanOrEqual(Math.min(mediaLimits.ladderMinFps, fps));
          expect(rung.share === 1 || Math.min(width, height) * rung.share >= mediaLimits.ladderLeastLines).toBe(true);
          if (!before) return;
          expect(rung.fps * rung.share).toBeLessThan(before.fps * before.share);
          expect(rung.fps === before.fps || rung.share === before.share).toBe(true);
        });
      }),
    );
  });
});

describe('the ladder', () => {
  it.each([
    ['a fast machine and a wide path', {}, fullRate],
    ['pictures that just fit', { encodeMs: 14 }, fullRate],
    ['pictures of 20 ms', { encodeMs: 19 }, { fps: 40, share: 1 }],
    ['pictures of 30 ms', { encodeMs: 29 }, half],
    ['pictures of 45 ms', { encodeMs: 44 }, { fps: 30, share: 3 / 4 }],
    ['pictures of 90 ms', { encodeMs: 89 }, { fps: 30, share: 1 / 2 }],
    ['a screen that takes 40 ms to read', { readMs: 40, encodeMs: 10 }, { fps: 20, share: 1 / 2 }],
    ['pictures of 20 ms of which few change', { encodeMs: 19, motion: 0.3 }, fullRate],
    ['a wish for 30 and pictures of 30 ms', { encodeMs: 29, wish: { fps: 30 } }, half],
    ['a wish for 30 and pictures of 40 ms', { encodeMs: 39, wish: { fps: 30 } }, { fps: 20, share: 1 }],
    ['a wish for 6 and pictures of 150 ms', { encodeMs: 149, wish: { fps: 6 } }, { fps: 6, share: 1 }],
    ['a wish for 6 and pictures of 190 ms', { encodeMs: 189, wish: { fps: 6 } }, { fps: 6, share: 3 / 4 }],
    ['a narrow path and busy pictures', { targetBps: 700_000 }, half],
    ['a narrower path', { targetBps: 500_000 }, { fps: 30, share: 3 / 4 }],
    ['a path as narrow as none', { targetBps: 250_000 }, { fps: 30, share: 1 / 2 }],
    [
      'a path as narrow as none, and an encoder that tells',
      { targetBps: 250_000, coarseFill: 0.3 },
      { fps: 30, share: 1 / 2 },
    ],
    [
      'a wide path and an encoder that tells',
      { targetBps: 1_900_000, pictureBits: 150_000, coarseFill: 0.3 },
      { fps: 40, share: 1 },
    ],
    ['a narrow path and quiet pictures', { targetBps: 700_000, pictureBits: 5_000 }, fullRate],
    ['a slow machine on which little moves', { encodeMs: 14, motion: 0.2 }, fullRate],
  ] as [string, World, Rung][])('%s: comes to rest', (_what, world, rung) => {
    const rungs = run(createLadder(), 300, world);
    expect(rungs.at(-1)).toEqual(rung);
    expect(distinct(rungs.slice(-100))).toHaveLength(1);
  });

  it('comes back when the pressure has gone, in steps, and within two minutes', () => {
    const ladder = createLadder();
    expect(run(ladder, 30, { encodeMs: 89 }).at(-1)).toEqual({ fps: 30, share: 1 / 2 });
    const rungs = run(ladder, 60, { encodeMs: 14 }, 30);
    expect(distinct(rungs)).toEqual(['30 0.5', '30 0.75', '30 1', '40 1']);
    expect(run(ladder, 60, { encodeMs: 5 }, 90).at(-1)).toEqual(fullRate);
  });

  it('does not follow a short peak, and says nothing of the frame rate of a still screen', () => {
    const ladder = createLadder();
    for (let at = 0; at < 100; at += 4) {
      expect(run(ladder, 2, { encodeMs: 29 }, at).at(-1)).toEqual(fullRate);
      expect(run(ladder, 2, {}, at + 2).at(-1)).toEqual(fullRate);
    }
    run(ladder, 20, { encodeMs: 29 }, 100);
    expect(distinct(run(ladder, 100, { motion: 0 }, 120))).toEqual([text(half)]);
  });

  it('tries a rate that turns out too much less and less often', () => {
    // What costs 14 ms at 40 pictures a second costs 18 at 60: the program needs the processor, too.
    const ladder = createLadder();
    const rungs: Rung[] = [];
    for (let second = 0; second < 1_200; second++) {
      rungs.push(...run(ladder, 1, { encodeMs: ladder.at(wanted).fps === 60 ? 17 : 9 }, second));
    }
    const first = changesIn(rungs.slice(0, 300));
    const last = changesIn(rungs.slice(-300));
    expect(first).toBeGreaterThan(last);
    expect(last).toBeLessThanOrEqual(6);
    ladder.reset();
    expect(ladder.at(wanted)).toEqual(fullRate);
  });

  it('goes down also where so few pictures can be made that they look like a still screen', () => {
    const rungs = run(createLadder(), 60, { encodeMs: 245 });
    expect(rungs.at(-1)).toEqual({ fps: 15, share: 1 / 2 });
  });
});

describe('a smaller picture', () => {
  const narrow = { targetBps: 250_000 };
  const small: Rung = { fps: 30, share: 1 / 2 };
  const sharpening = { ...narrow, motion: 0.03 };

  it('is replaced by the full size soon after motion ends, and stays that while it is sharpened', () => {
    const ladder = createLadder();
    expect(run(ladder, 40, narrow).at(-1)).toEqual(small);
    expect(run(ladder, 2, { ...narrow, motion: 0 }, 40).at(-1)).toEqual(half);
    expect(distinct(run(ladder, 60, sharpening, 42))).toEqual([text(half)]);
  });

  it('is replaced as well when what moves costs next to nothing, such as typing', () => {
    const ladder = createLadder();
    run(ladder, 40, narrow);
    const typing = { ...narrow, motion: 0.3, pictureBits: 1_000 };
    const rungs = run(ladder, 60, typing, 40);
    expect(rungs[1]).toEqual(half);
    // From there the frame rate comes back like after any pressure.
    expect(distinct(rungs).at(-1)).toBe(text(fullRate));
  });

  it('comes back with motion faster than step by step, but not for a single change', () => {
    const ladder = createLadder();
    run(ladder, 40, narrow);
    run(ladder, 10, { ...narrow, motion: 0 }, 40);
    expect(run(ladder, 1, narrow, 50).at(-1)).toEqual(half);
    expect(run(ladder, 10, { ...narrow, motion: 0 }, 51).at(-1)).toEqual(half);
    expect(run(ladder, 2, narrow, 61).at(-1)).toEqual(small);
  });

  it('does not flap when motion and stillness take turns', () => {
    const ladder = createLadder();
    run(ladder, 40, narrow);
    const rungs: Rung[] = [];
    for (let second = 40; second < 640; second += 6) {
      rungs.push(...run(ladder, 3, narrow, second), ...run(ladder, 3, { ...narrow, motion: 0 }, second + 3));
    }
    expect(changesIn(rungs.slice(0, 60))).toBeGreaterThan(0);
    expect(changesIn(rungs.slice(-300))).toBeLessThanOrEqual(2);
    // Somebody who stops to read for long gets sharp text all the same.
    expect(run(ladder, 17, { ...narrow, motion: 0 }, 640).at(-1)).toEqual(half);
  });
});

it('stays within its bounds whatever happens', () => {
  const worlds = fc.array(
    fc.record({
      encodeMs: fc.integer({ min: 1, max: 400 }),
      targetBps: fc.integer({ min: 100_000, max: 50_000_000 }),
      motion: fc.double({ min: 0, max: 1, noNaN: true }),
      wish: fc.record({ fps: fc.integer({ min: 1, max: 120 }), height: fc.integer({ min: 64, max: 4_096 }) }),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(worlds, (list) => {
      const ladder = createLadder();
      list.forEach((world, index) => {
        const rungs = rungsOf({ ...wanted, ...world.wish }).map(text);
        let last = rungs.indexOf(text(ladder.at({ ...wanted, ...world.wish })));
        for (const rung of run(ladder, 4, world, index * 4)) {
          const at = rungs.indexOf(text(rung));
          expect(at).toBeGreaterThanOrEqual(0);
          // One step at a time, but for a still screen and the motion after it.
          if (rung.share === rungsOf({ ...wanted, ...world.wish })[last]?.share)
            expect(Math.abs(at - last)).toBeLessThanOrEqual(1);
          last = at;
        }
      });
    }),
  );
});
