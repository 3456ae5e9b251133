import { readPackageAmounts, readPoolCapacities } from '../../db/counts.js';
import { dbLimits } from '../../db/limits.js';
import { listPackages, type PackageFilter, type PackageListing } from '../../db/package-listing.js';
import { capacityOf, type PoolCapacity } from '../../domain/concurrency-count.js';
import { decidePackageStatus } from '../../domain/package-status.js';
import type { ServiceDeps } from '../deps.js';
import type { ConcurrencyServices, ConcurrentPackage, PackageAdminServices } from './contract.js';

function toPackage(row: PackageListing, pools: readonly PoolCapacity[], now: number): ConcurrentPackage {
  const status = decidePackageStatus(row, now);
  const grants = row.state === 'active' && status !== 'expired';
  const { id, accountId, name, type, region, amount, using, projectId, createdAt, expiresAt } = row;
  const available = grants ? Math.min(amount, capacityOf(pools, row)) : 0;
  return { id, accountId, name, type, region, amount, available, using, status, projectId, createdAt, expiresAt };
}

async function read(
  deps: ServiceDeps,
  filter: PackageFilter,
  page: { readonly offset: number; readonly limit: number },
) {
  const now = deps.now();
  const { executor } = deps.database;
  const { total, packages } = await listPackages(executor, filter, { ...page, now });
  const pools = packages.length === 0 ? [] : await readPoolCapacities(executor);
  return { total, packages: packages.map((row) => toPackage(row, pools, now)) };
}

/** Use case DescribeConcurrentPackages. */
export function createDescribePackages(deps: ServiceDeps): ConcurrencyServices['describePackages'] {
  return (caller, { offset, limit, ...filter }) =>
    read(deps, { ...filter, accountId: caller.accountId }, { offset, limit });
}

/** Lists packages for operators. */
export function createListPackages(deps: ServiceDeps): PackageAdminServices['listPackages'] {
  return async (accountId) => (await read(deps, { accountId }, { offset: 0, limit: dbLimits.listRows })).packages;
}

/** One package for operators; null when there is none. */
export async function findPackage(deps: ServiceDeps, packageId: string): Promise<ConcurrentPackage | null> {
  const { packages } = await read(deps, { accountId: null, ids: [packageId] }, { offset: 0, limit: 1 });
  return packages[0] ?? null;
}

/** Use case DescribeConcurrentSummary. */
export function createDescribeSummary(deps: ServiceDeps): ConcurrencyServices['describeSummary'] {
  return async (caller) => {
    const packages = await readPackageAmounts(deps.database.executor, { accountId: caller.accountId, now: deps.now() });
    const active = packages.filter((entry) => entry.active);
    return { granted: active.reduce((sum, entry) => sum + entry.amount, 0), hourlyRemainMs: 0 };
  };
}
