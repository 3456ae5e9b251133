import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  capacityOf,
  clampPackages,
  countTotal,
  type PackageAmount,
  type PoolCapacity,
  regionsOf,
} from './concurrency-count.js';
import { domainLimits } from './limits.js';
import {
  decidePlacement,
  decideShortage,
  type PlacementFacts,
  type SlotPool,
  servesType,
  slotPoolId,
} from './placement.js';

const pool = (region: string, types: readonly string[] = []): SlotPool => ({
  id: slotPoolId({ category: 'DESKTOP', region, types }),
  region,
  types,
});
const facts = (extra: Partial<PlacementFacts>): PlacementFacts => ({
  concurrencyType: 'L1',
  pools: [],
  packages: [],
  requirePackages: false,
  regionOrder: [],
  ...extra,
});
const bound = (id: string, region: string, extra: Partial<PackageAmount> = {}): PackageAmount => ({
  id,
  type: 'L1',
  region,
  active: true,
  amount: 1,
  ...extra,
});
const placed = (extra: Partial<PlacementFacts>) =>
  decidePlacement(facts(extra)).map((candidate) => `${candidate.packageId ?? ''}@${candidate.poolId}`);

describe('placement', () => {
  it('takes regions in their order, others by name, choosy nodes first', () => {
    const pools = [pool('c'), pool('b'), pool('a'), pool('a', ['S1', 'L1']), pool('a', ['L1']), pool('d')];
    expect(placed({ pools, regionOrder: ['b', 'a'] })).toEqual([
      '@DESKTOP/b/*',
      '@DESKTOP/a/L1',
      '@DESKTOP/a/L1+S1',
      '@DESKTOP/a/*',
      '@DESKTOP/c/*',
      '@DESKTOP/d/*',
    ]);
  });

  it('goes only where a package of the type is, once there is any package', () => {
    const pools = [pool('a'), pool('b'), pool('b', ['S1'])];
    const packages = [bound('cac-2', 'b'), bound('cac-1', 'b'), bound('cac-3', 'a', { active: false })];
    expect(placed({ pools, packages })).toEqual(['cac-1@DESKTOP/b/*', 'cac-2@DESKTOP/b/*']);
    expect(placed({ pools, packages: [bound('cac-1', 'a', { type: 'S1' })] })).toEqual([]);
    expect(placed({ pools, packages: [bound('cac-1', 'nowhere')] })).toEqual([]);
    expect(placed({ pools, requirePackages: true })).toEqual([]);
  });

  it('knows a pool by what its nodes are, in whatever order they say it', () => {
    const key = { category: 'DESKTOP', region: 'eu' };
    expect(slotPoolId({ ...key, types: ['S1', 'L1', 'S1'] })).toBe(slotPoolId({ ...key, types: ['L1', 'S1'] }));
    expect(slotPoolId({ ...key, types: [] })).not.toBe(slotPoolId({ ...key, types: ['L1'] }));
  });

  it.each([
    [{ idle: true, initializing: true, used: true }, 'again'],
    [{ idle: false, initializing: true, used: false }, 'initializing'],
    [{ idle: false, initializing: true, used: true }, 'no-idle'],
    [{ idle: false, initializing: false, used: false }, 'no-idle'],
  ] as const)('a shortage of %o is %s', (shortage, outcome) => {
    expect(decideShortage(shortage)).toBe(outcome);
  });
});

const region = fc.constantFrom('a', 'b', 'c', 'd');
const type = fc.constantFrom('S1', 'M1', 'L1');
const pools = fc
  .uniqueArray(fc.record({ region, types: fc.uniqueArray(type, { maxLength: 2 }), slots: fc.nat(9) }), {
    selector: (entry) => slotPoolId({ category: 'DESKTOP', ...entry }),
    maxLength: 12,
  })
  .map((entries): PoolCapacity[] =>
    entries.map((entry) => ({ ...pool(entry.region, entry.types), category: 'DESKTOP', slots: entry.slots })),
  );
const packages = fc
  .array(fc.record({ region, type, active: fc.boolean(), amount: fc.nat(9) }), { maxLength: 30 })
  .map((entries) => entries.map((entry, index): PackageAmount => ({ ...entry, id: `cac-${index}` })));
const regionOrder: fc.Arbitrary<string[]> = fc.uniqueArray(region);

describe('any placement', () => {
  const situation = fc.record({ concurrencyType: type, pools, packages, requirePackages: fc.boolean(), regionOrder });

  it('names every suitable pair of package and pool once, and nothing else', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const candidates = decidePlacement(given);
        expect(candidates.length).toBeLessThanOrEqual(domainLimits.maxPlacementCandidates);
        const serving = given.pools.filter((entry) => servesType(entry, given.concurrencyType));
        const granting = given.packages.filter((entry) => entry.active && entry.type === given.concurrencyType);
        const expected =
          given.packages.length > 0 || given.requirePackages
            ? granting.flatMap(({ id, region: place }) =>
                serving.filter((entry) => entry.region === place).map((entry) => `${id}@${entry.id}`),
              )
            : serving.map((entry) => `null@${entry.id}`);
        expect(candidates.map(({ packageId, poolId }) => `${packageId}@${poolId}`).sort()).toEqual(expected.sort());
      }),
    );
  });

  it('never goes to a farther region first', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const rankOf = (poolId: string) => {
          const index = given.regionOrder.indexOf(given.pools.find((entry) => entry.id === poolId)!.region);
          return index < 0 ? given.regionOrder.length : index;
        };
        const ranks = decidePlacement(given).map((candidate) => rankOf(candidate.poolId));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      }),
    );
  });

  it('does not depend on the order in which facts are read', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const reversed = { ...given, pools: [...given.pools].reverse(), packages: [...given.packages].reverse() };
        expect(decidePlacement(reversed)).toEqual(decidePlacement(given));
      }),
    );
  });
});

describe('counts', () => {
  it('clamp what was granted to what the nodes of each region have', () => {
    const here: PoolCapacity[] = [
      { ...pool('a'), category: 'DESKTOP', slots: 3 },
      { ...pool('b', ['S1']), category: 'DESKTOP', slots: 5 },
    ];
    const granted = [bound('1', 'a', { amount: 9 }), bound('2', 'b', { amount: 9 })];
    expect(clampPackages(granted, here)).toBe(3);
    const both = [bound('1', 'a', { amount: 2 }), bound('2', 'a', { amount: 2, type: 'S1' })];
    expect(clampPackages(both, here)).toBe(3);
    const project = { category: 'DESKTOP', concurrencyType: 'L1', concurrencyLimit: null, packages: granted };
    expect(countTotal(project, here, { requirePackages: false })).toBe(3);
    expect(countTotal({ ...project, packages: [] }, here, { requirePackages: false })).toBe(3);
    expect(countTotal({ ...project, packages: [] }, here, { requirePackages: true })).toBe(0);
    expect(regionsOf(project, here, { requirePackages: false })).toEqual(['a']);
    expect(regionsOf({ ...project, packages: [] }, here, { requirePackages: false })).toEqual(['a']);
    expect(regionsOf({ ...project, packages: [] }, here, { requirePackages: true })).toEqual([]);
    expect(countTotal({ ...project, concurrencyLimit: 1 }, here, { requirePackages: false })).toBe(1);
    expect(countTotal({ ...project, category: 'MOBILE' }, here, { requirePackages: false })).toBe(0);
  });

  it('never exceed what the nodes have, nor what was granted', () => {
    fc.assert(
      fc.property(pools, packages, (here, granted) => {
        const total = clampPackages(granted, here);
        const active = granted.filter((entry) => entry.active);
        expect(total).toBeLessThanOrEqual(capacityOf(here, { region: null, type: null }));
        expect(total).toBeLessThanOrEqual(active.reduce((sum, entry) => sum + entry.amount, 0));
        expect(total).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
