import type { CountedProject, PoolCapacity } from './concurrency-count.js';
import { needsPackage, servesType } from './placement.js';

/** Regions in which a project may have concurrency: those of its packages, or those of the nodes that serve its type. PURE. */
export function concurrentRegionsOf(
  project: CountedProject,
  pools: readonly PoolCapacity[],
  options: { readonly requirePackages: boolean },
): readonly string[] {
  const { category, concurrencyType, packages } = project;
  const regions = needsPackage({ packages, ...options })
    ? packages.filter((entry) => entry.active && entry.type === concurrencyType).map((entry) => entry.region)
    : pools
        .filter((pool) => pool.category === category && pool.slots > 0 && servesType(pool, concurrencyType))
        .map((pool) => pool.region);
  return [...new Set(regions)].sort();
}

/** Regions in which programs of a category can run: every node fetches every package. PURE. */
export function programRegionsOf(category: string, pools: readonly PoolCapacity[]): readonly string[] {
  const regions = pools.filter((pool) => pool.category === category && pool.slots > 0).map((pool) => pool.region);
  return [...new Set(regions)].sort();
}
