import { isAppError } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampBitrate, concurrencyTypeNames, defaultScales, isConcurrencyType } from './concurrency-types.js';
import { domainLimits } from './limits.js';
import { decidePackageStatus, decideResize } from './package-status.js';
import { decidePrelaunch, prelaunchPauseMs } from './prelaunch.js';
import { createOrderRegions } from './region-order.js';

describe('the order of regions', () => {
  const orderRegions = createOrderRegions({
    order: ['home', 'far'],
    map: [
      { cidr: '0.0.0.0/0', regions: ['world'] },
      { cidr: '203.0.0.0/8', regions: ['asia', 'far'] },
      { cidr: '203.0.113.0/24', regions: ['tokyo'] },
      { cidr: '2001:4860::/32', regions: ['six'] },
      { cidr: '10.1.0.0/16', regions: ['office'] },
    ],
  });

  it.each([
    ['203.0.112.9', ['asia', 'far', 'home']],
    ['8.8.8.8', ['world', 'home', 'far']],
    ['::ffff:8.8.8.8', ['world', 'home', 'far']],
    ['2001:4860::8888', ['six', 'home', 'far']],
    ['2a00::1', ['home', 'far']],
    ['10.1.2.3', ['office', 'home', 'far']],
    ['10.2.2.3', ['home', 'far']],
    ['127.0.0.1', ['home', 'far']],
    ['', ['home', 'far']],
    ['not an address', ['home', 'far']],
    ['134744072', ['home', 'far']],
    ['0x8.8.8.8', ['home', 'far']],
  ])('%s → %o', (userIp, regions) => {
    expect(orderRegions(userIp)).toEqual(regions);
  });

  it('prefers the longest match', () => {
    const narrow = createOrderRegions({
      order: [],
      map: [
        { cidr: '8.0.0.0/8', regions: ['wide'] },
        { cidr: '8.8.8.0/24', regions: ['narrow'] },
      ],
    });
    expect(narrow('8.8.8.8')).toEqual(['narrow']);
    expect(narrow('8.8.9.8')).toEqual(['wide']);
  });

  it('names a network that is none', () => {
    const make = () => createOrderRegions({ order: [], map: [{ cidr: '8.8.8.8', regions: ['a'] }] });
    expect(make).toThrow(/8\.8\.8\.8/);
    try {
      make();
    } catch (error) {
      expect(isAppError(error, 'region-map-invalid')).toBe(true);
    }
  });

  it('lists each region once whatever the address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (userIp) => {
        const regions = orderRegions(userIp);
        expect(new Set(regions).size).toBe(regions.length);
        expect(regions).toEqual(expect.arrayContaining(['home', 'far']));
      }),
    );
  });
});

describe('scales', () => {
  it('have limits for every type, and bound the bitrate of projects', () => {
    for (const name of concurrencyTypeNames)
      expect(isConcurrencyType(name) && defaultScales[name].cpuCores).toBeTruthy();
    expect(isConcurrencyType('constructor')).toBe(false);
    const range = { minBitrateBps: 7e6, maxBitrateBps: 20e6 };
    expect(clampBitrate(range, defaultScales.S1)).toEqual({ minBitrateBps: 6e6, maxBitrateBps: 6e6 });
    expect(clampBitrate(range, { ...defaultScales.S1, maxBitrateBps: null })).toEqual(range);
  });
});

describe('what a preloaded project holds', () => {
  const facts = { concurrencyLimit: null, needsPackage: false, used: 0, unclaimed: 0, defaultPrelaunch: 1 };
  it.each([
    [{}, { more: 1, fewer: 0 }],
    [
      { unclaimed: 1, used: 1 },
      { more: 0, fewer: 0 },
    ],
    [
      { unclaimed: 3, used: 3 },
      { more: 0, fewer: 2 },
    ],
    [{ used: 9 }, { more: 1, fewer: 0 }],
    [{ concurrencyLimit: 3 }, { more: 3, fewer: 0 }],
    [
      { concurrencyLimit: 3, used: 2, unclaimed: 1 },
      { more: 1, fewer: 0 },
    ],
    [
      { concurrencyLimit: 1, used: 4, unclaimed: 2 },
      { more: 0, fewer: 2 },
    ],
    [{ concurrencyLimit: 0 }, { more: 0, fewer: 0 }],
    [
      { needsPackage: true, used: 50 },
      { more: domainLimits.maxPrelaunchesPerLook, fewer: 0 },
    ],
    [
      { needsPackage: true, concurrencyLimit: 2, used: 1 },
      { more: 1, fewer: 0 },
    ],
  ])('%o → %o', (extra, decision) => {
    expect(decidePrelaunch({ ...facts, ...extra })).toEqual(decision);
  });

  it('waits longer after each failure, but never for ever', () => {
    expect([0, 1, 2, 3].map(prelaunchPauseMs)).toEqual([0, 5_000, 10_000, 20_000]);
    fc.assert(
      fc.property(fc.nat(), (failures) => {
        expect(prelaunchPauseMs(failures)).toBeLessThanOrEqual(prelaunchPauseMs(failures + 1));
        expect(prelaunchPauseMs(failures)).toBeLessThanOrEqual(domainLimits.prelaunchLongestPauseMs);
      }),
    );
  });
});

describe('packages', () => {
  it.each([
    [{}, 'normal'],
    [{ draining: 1 }, 'draining'],
    [{ expiresAt: 10 }, 'expired'],
    [{ expiresAt: 11 }, 'normal'],
    [{ state: 'expired' as const, expiresAt: 5, draining: 1 }, 'expired'],
    [{ state: 'revoked' as const, expiresAt: 5 }, 'draining'],
  ])('with %o are %s', (extra, status) => {
    expect(decidePackageStatus({ state: 'active', expiresAt: null, draining: 0, ...extra }, 10)).toBe(status);
  });

  it('come to their new amount without touching taken seats', () => {
    const counts = fc.record({ amount: fc.nat(50), taken: fc.nat(50), free: fc.nat(50), surplus: fc.nat(50) });
    fc.assert(
      fc.property(counts, ({ amount, taken, free, surplus }) => {
        const regular = taken + free;
        const { restore, add, remove, mark } = decideResize({ amount, regular, free, surplus });
        expect(regular + restore + add - remove - mark).toBe(amount);
        expect(Math.min(restore, add, remove, mark)).toBeGreaterThanOrEqual(0);
        expect(restore).toBeLessThanOrEqual(surplus);
        expect(remove).toBeLessThanOrEqual(free);
        expect(mark).toBeLessThanOrEqual(taken);
        if (mark > 0) expect(remove).toBe(free);
        if (add > 0) expect(restore).toBe(surplus);
      }),
    );
  });
});
