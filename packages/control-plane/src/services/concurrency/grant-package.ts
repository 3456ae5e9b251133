import { AppError, invariant } from '@cloudstage/protocol';
import { findAccount } from '../../db/accounts.js';
import { readPackageAmounts, readPoolCapacities } from '../../db/counts.js';
import {
  insertPackage,
  lockAndCountSeats,
  lockPackage,
  movePackage,
  resizeSeats,
  updatePackage,
} from '../../db/packages.js';
import type { PackageRow } from '../../db/schema/concurrency.js';
import type { Executor } from '../../db/schema.js';
import { capacityOf } from '../../domain/concurrency-count.js';
import { concurrencyTypeNames, isConcurrencyType } from '../../domain/concurrency-types.js';
import { isDue } from '../../domain/deadlines.js';
import { decideResize } from '../../domain/package-status.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { serviceLimits } from '../limits.js';
import type { ConcurrentPackage, GrantPackageInput, PackageAdminServices } from './contract.js';
import { createListPackages, findPackage } from './describe-packages.js';

/** The operator's side of concurrency packages. */
export function createPackageAdmin(deps: ServiceDeps): PackageAdminServices {
  return {
    grantPackage: (input) => grant(deps, input),
    resizePackage: (input) => resize(deps, input),
    setPackageExpiry: (input) => setExpiry(deps, input),
    revokePackage: (packageId) => revoke(deps, packageId),
    listPackages: createListPackages(deps),
  };
}

async function grant(deps: ServiceDeps, input: GrantPackageInput): Promise<ConcurrentPackage> {
  checkGrant(input);
  const { accountId, name, type, region, amount, expiresAt } = input;
  if (isDue(expiresAt, deps.now())) throw new AppError('package-expiry-invalid', 'the expiry has passed already');
  const id = createId('cac');
  await deps.database.transaction(async (tx) => {
    if ((await findAccount(tx, accountId)) === null) {
      throw new AppError('account-not-found', `there is no account ${accountId}`);
    }
    if (!input.force) await checkCapacity(deps, tx, { id, type, region, amount });
    const state = 'active' as const;
    const row = { id, accountId, name, type, region, amount, expiresAt, projectId: null, state, createdAt: deps.now() };
    await insertPackage(tx, row);
  });
  return present(deps, id);
}

function checkGrant(input: GrantPackageInput): void {
  if (input.name.trim() === '' || input.name.length > 64) {
    throw new AppError('package-name-invalid', 'the name of a package has 1 to 64 characters');
  }
  if (!isConcurrencyType(input.type)) {
    throw new AppError('package-type-unknown', `"${input.type}" is none of ${concurrencyTypeNames.join(', ')}`);
  }
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(input.region)) {
    throw new AppError('package-region-invalid', `"${input.region}" is no region: lower-case letters, digits, hyphens`);
  }
  checkAmount(input.amount);
}

function checkAmount(amount: number): void {
  if (!Number.isInteger(amount) || amount < 1 || amount > serviceLimits.maxPackageAmount) {
    throw new AppError('package-amount-invalid', `the amount is a number from 1 to ${serviceLimits.maxPackageAmount}`);
  }
}

/** Refuses what the nodes of the region do not have, for the type and for all types together. */
async function checkCapacity(
  deps: ServiceDeps,
  tx: Executor,
  wish: Pick<PackageRow, 'id' | 'type' | 'region' | 'amount'>,
): Promise<void> {
  const pools = await readPoolCapacities(tx);
  const others = (await readPackageAmounts(tx, { accountId: null, now: deps.now() })).filter(
    (entry) => entry.active && entry.region === wish.region && entry.id !== wish.id,
  );
  for (const type of [wish.type, null]) {
    const granted = others
      .filter((entry) => type === null || entry.type === type)
      .reduce((sum, entry) => sum + entry.amount, 0);
    const capacity = capacityOf(pools, { region: wish.region, type });
    if (granted + wish.amount <= capacity) continue;
    const what = type === null ? 'in all' : `of type ${type}`;
    throw new AppError(
      'package-exceeds-capacity',
      `the nodes in ${wish.region} have ${capacity} concurrencies ${what}, ${granted} are granted already; ` +
        'add nodes, or force the grant: what is counted and used stays within what the nodes have',
    );
  }
}

async function lockGranted(tx: Executor, packageId: string): Promise<PackageRow> {
  const row = await lockPackage(tx, packageId);
  if (row === null || row.state === 'revoked') {
    throw new AppError('package-not-found', `there is no package ${packageId}`);
  }
  return row;
}

async function resize(
  deps: ServiceDeps,
  { packageId, amount, force }: { readonly packageId: string; readonly amount: number; readonly force: boolean },
): Promise<ConcurrentPackage> {
  checkAmount(amount);
  await deps.database.transaction(async (tx) => {
    const row = await lockGranted(tx, packageId);
    if (!force && amount > row.amount) await checkCapacity(deps, tx, { ...row, amount });
    await updatePackage(tx, packageId, { amount });
    await resizeSeats(tx, packageId, decideResize({ amount, ...(await lockAndCountSeats(tx, packageId)) }));
  });
  return present(deps, packageId);
}

async function setExpiry(
  deps: ServiceDeps,
  { packageId, expiresAt }: { readonly packageId: string; readonly expiresAt: number | null },
): Promise<ConcurrentPackage> {
  if (expiresAt !== null && (!Number.isSafeInteger(expiresAt) || expiresAt < 0)) {
    throw new AppError('package-expiry-invalid', 'the expiry is a time in epoch milliseconds, or never');
  }
  await deps.database.transaction(async (tx) => {
    await lockGranted(tx, packageId);
    await updatePackage(tx, packageId, { expiresAt, state: isDue(expiresAt, deps.now()) ? 'expired' : 'active' });
  });
  return present(deps, packageId);
}

async function revoke(deps: ServiceDeps, packageId: string): Promise<void> {
  await deps.database.transaction(async (tx) => {
    await lockGranted(tx, packageId);
    await movePackage(tx, packageId, null);
    await updatePackage(tx, packageId, { state: 'revoked' });
  });
}

async function present(deps: ServiceDeps, packageId: string): Promise<ConcurrentPackage> {
  const found = await findPackage(deps, packageId);
  invariant(found !== null, `package ${packageId} has vanished`);
  return found;
}
