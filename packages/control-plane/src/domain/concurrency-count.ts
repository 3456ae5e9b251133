import { type BoundPackage, needsPackage, type SlotPool, servesType } from './placement.js';

/** A pool and what its nodes really have: slots of online nodes that have not failed. */
export interface PoolCapacity extends SlotPool {
  readonly category: string;
  readonly slots: number;
}

/** A package with the number of its seats. */
export interface PackageAmount extends BoundPackage {
  readonly amount: number;
}

/** A project, as far as counting its concurrency goes. */
export interface CountedProject {
  readonly category: string;
  readonly concurrencyType: string;
  readonly concurrencyLimit: number | null;
  readonly packages: readonly PackageAmount[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

/** Slots that could serve a type in a region; null: in any region. */
export function capacityOf(
  pools: readonly PoolCapacity[],
  key: { readonly region: string | null; readonly type: string | null; readonly category?: string },
): number {
  return sum(
    pools
      .filter((pool) => key.region === null || pool.region === key.region)
      .filter((pool) => key.type === null || servesType(pool, key.type))
      .filter((pool) => key.category === undefined || pool.category === key.category)
      .map((pool) => pool.slots),
  );
}

/** What the packages grant, at most what the nodes of each region have. Only active ones count. */
export function clampPackages(
  packages: readonly PackageAmount[],
  pools: readonly PoolCapacity[],
  category?: string,
): number {
  const active = packages.filter((entry) => entry.active);
  const only = category === undefined ? {} : { category };
  return sum(
    [...new Set(active.map((entry) => entry.region))].map((region) => {
      const here = active.filter((entry) => entry.region === region);
      const byType = [...new Set(here.map((entry) => entry.type))].map((type) =>
        Math.min(
          sum(here.filter((entry) => entry.type === type).map((entry) => entry.amount)),
          capacityOf(pools, { region, type, ...only }),
        ),
      );
      return Math.min(sum(byType), capacityOf(pools, { region, type: null, ...only }));
    }),
  );
}

/** Simultaneous sessions that a project may really have. */
export function countTotal(
  project: CountedProject,
  pools: readonly PoolCapacity[],
  options: { readonly requirePackages: boolean },
): number {
  const { category, concurrencyType: type, concurrencyLimit } = project;
  const total = needsPackage({ packages: project.packages, ...options })
    ? clampPackages(
        project.packages.filter((entry) => entry.type === type),
        pools,
        category,
      )
    : capacityOf(pools, { region: null, type, category });
  return concurrencyLimit === null ? total : Math.min(total, concurrencyLimit);
}

/** Regions in which a project may really have sessions, by name. */
export function regionsOf(
  project: CountedProject,
  pools: readonly PoolCapacity[],
  options: { readonly requirePackages: boolean },
): readonly string[] {
  const { category, concurrencyType: type } = project;
  const granted = project.packages.filter((entry) => entry.active && entry.type === type && entry.amount > 0);
  const byPackage = needsPackage({ packages: project.packages, ...options });
  return [...new Set(pools.map((pool) => pool.region))]
    .filter((region) => !byPackage || granted.some((entry) => entry.region === region))
    .filter((region) => capacityOf(pools, { region, type, category }) > 0)
    .sort();
}
