import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBorrowedKeys } from './borrowed-keys.js';

const always = () => true;

describe('borrowed keys', () => {
  it('keep a character for the hold time before another one gets its keycode', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat(200)), { maxLength: 80 }), (uses) => {
        const pool = createBorrowedKeys(100);
        pool.reset([201, 202, 203, 204], always);
        const carried = new Map<number, { keysym: number; at: number }>();
        let now = 0;
        for (const [keysym, pause] of uses) {
          now += pause;
          const key = pool.acquire(keysym, now)!;
          const at = now + key.waitMs;
          const before = carried.get(key.keycode);
          if (before !== undefined && before.keysym !== keysym) expect(at - before.at).toBeGreaterThanOrEqual(100);
          expect(key.isNew).toBe(before?.keysym !== keysym);
          carried.set(key.keycode, { keysym, at });
          now = at;
        }
      }),
    );
  });

  it('are reused from the least recently used one', () => {
    const pool = createBorrowedKeys(100);
    pool.reset([1, 2, 3], always);
    for (const [keysym, at] of [
      [10, 0],
      [11, 10],
      [12, 20],
      [10, 30],
    ] as const)
      pool.acquire(keysym, at);
    expect(pool.acquire(13, 40)).toEqual({ keycode: 2, isNew: true, waitMs: 70 });
  });

  it('forget what the keymap lost, but still wait for slow programs', () => {
    const pool = createBorrowedKeys(100);
    pool.reset([1], always);
    pool.acquire(10, 0);
    pool.reset([1], () => false);
    expect(pool.lent()).toEqual([]);
    expect(pool.acquire(10, 50)).toEqual({ keycode: 1, isNew: true, waitMs: 50 });
  });

  it('say so when there is nothing to lend', () => {
    expect(createBorrowedKeys(100).acquire(10, 0)).toBeUndefined();
  });
});
