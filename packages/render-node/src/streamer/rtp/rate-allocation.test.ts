import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocateRate, type RateClaim, shouldHold } from './rate-allocation.js';

const player = (targetBps: number): RateClaim => ({ role: 'player', targetBps });
const viewer = (targetBps: number): RateClaim => ({ role: 'viewer', targetBps });
const claims = fc.array(
  fc.record({
    role: fc.constantFrom('player' as const, 'viewer' as const),
    targetBps: fc.integer({ min: 1, max: 1e8 }),
  }),
  { maxLength: 20 },
);

describe('allocateRate', () => {
  it.each([
    ['nobody', [], undefined],
    ['one player', [player(5)], 5],
    ['the slowest player', [player(8), player(5)], 5],
    ['not a hopeless player', [player(100), player(5)], 25],
    ['a player, whatever viewers take', [player(8), viewer(1), viewer(100)], 8],
    ['the slowest viewer without players', [viewer(8), viewer(6)], 6],
  ])('follows %s', (_what, peers, expected) => {
    expect(allocateRate(peers)).toBe(expected);
  });

  it('does not ask viewers while somebody plays, and stays between the claims of those who decide', () => {
    fc.assert(
      fc.property(claims, (peers) => {
        const rate = allocateRate(peers);
        const players = peers.filter(({ role }) => role === 'player');
        const deciding = (players.length > 0 ? players : peers).map(({ targetBps }) => targetBps);
        if (deciding.length === 0) expect(rate).toBeUndefined();
        else {
          expect(rate).toBeGreaterThanOrEqual(Math.min(...deciding));
          expect(rate).toBeLessThanOrEqual(Math.max(...deciding));
          expect(rate).toBe(allocateRate(players.length > 0 ? players : peers));
        }
      }),
    );
  });
});

describe('shouldHold', () => {
  it('waits for players only, and only when all of them are blocked', () => {
    expect(shouldHold([])).toBe(false);
    expect(shouldHold([{ role: 'player', blocked: true }])).toBe(true);
    expect(shouldHold([{ role: 'viewer', blocked: true }])).toBe(false);
    expect(
      shouldHold([
        { role: 'player', blocked: false },
        { role: 'viewer', blocked: true },
      ]),
    ).toBe(false);
    expect(
      shouldHold([
        { role: 'player', blocked: false },
        { role: 'player', blocked: true },
      ]),
    ).toBe(false);
  });
});
