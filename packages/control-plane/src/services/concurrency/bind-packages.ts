import { lockPackages, lockSessionsOfPackages, movePackage, updatePackage } from '../../db/packages.js';
import { findProject, lockProject } from '../../db/projects.js';
import type { PackageRow } from '../../db/schema/concurrency.js';
import type { Executor } from '../../db/schema.js';
import { isDue } from '../../domain/deadlines.js';
import type { ServiceDeps } from '../deps.js';
import { type SendEndOrder, sendInBackground } from '../sessions/end-order.js';
import { applySessionEvent, type EndOrder } from '../sessions/session-transition.js';
import type { ConcurrencyServices, PackageNotFound } from './contract.js';

type Locked = { readonly type: 'locked'; readonly packages: readonly PackageRow[] } | PackageNotFound;

/** Locks packages of an account; ids may repeat. Other accounts' packages are as unknown as those that do not exist. */
async function lockAll(tx: Executor, accountId: string, packageIds: readonly string[]): Promise<Locked> {
  const ids = [...new Set(packageIds)];
  const packages = await lockPackages(tx, { accountId, ids });
  const missing = ids.filter((id) => !packages.some((row) => row.id === id));
  return missing.length > 0 ? { type: 'package-not-found', ids: missing } : { type: 'locked', packages };
}

const idsOf = (packages: readonly PackageRow[]): readonly string[] => packages.map((row) => row.id);

/** Use case BindConcurrentPackagesToProject. */
export function createBindPackages(deps: ServiceDeps): ConcurrencyServices['bindPackages'] {
  return (caller, input) =>
    deps.database.transaction(async (tx) => {
      // Locked: a project that is being deleted, or given another type, takes no packages.
      const project = await lockProject(tx, { accountId: caller.accountId, projectId: input.projectId });
      if (project === null) return { type: 'project-not-found' };
      const locked = await lockAll(tx, caller.accountId, input.packageIds);
      if (locked.type !== 'locked') return locked;
      const wrong = locked.packages.filter((row) => row.type !== project.concurrencyType);
      if (wrong.length > 0) return { type: 'type-mismatch', ids: idsOf(wrong), projectType: project.concurrencyType };
      const now = deps.now();
      const expired = locked.packages.filter((row) => row.state === 'expired' || isDue(row.expiresAt, now));
      if (expired.length > 0) return { type: 'package-expired', ids: idsOf(expired) };
      for (const row of locked.packages) {
        if (row.projectId !== project.id) await movePackage(tx, row.id, project.id);
      }
      return { type: 'bound' };
    });
}

/** Use case UnbindConcurrentPackagesFromProject. */
export function createUnbindPackages(deps: ServiceDeps): ConcurrencyServices['unbindPackages'] {
  return (caller, input) =>
    deps.database.transaction(async (tx) => {
      if (input.projectId !== '') {
        const project = await findProject(tx, input.projectId);
        if (project?.accountId !== caller.accountId) return { type: 'project-not-found' };
      }
      const locked = await lockAll(tx, caller.accountId, input.packageIds);
      if (locked.type !== 'locked') return locked;
      const elsewhere = locked.packages.filter((row) => input.projectId !== '' && row.projectId !== input.projectId);
      if (elsewhere.length > 0) return { type: 'not-bound', ids: idsOf(elsewhere) };
      for (const row of locked.packages) {
        if (row.projectId !== null) await movePackage(tx, row.id, null);
      }
      return { type: 'unbound' };
    });
}

/** Use case ModifyConcurrentPackage. */
export function createRenamePackage(deps: ServiceDeps): ConcurrencyServices['renamePackage'] {
  return (caller, input) =>
    deps.database.transaction(async (tx) => {
      const locked = await lockAll(tx, caller.accountId, [input.packageId]);
      if (locked.type !== 'locked') return locked;
      await updatePackage(tx, input.packageId, { name: input.name });
      return { type: 'renamed' };
    });
}

/**
 * Use case ResetConcurrentPackages: everybody on the packages is told to go. Once the database says `ending`, the sweep
 * sees it through whatever the nodes answer now.
 */
export function createResetPackages(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
): ConcurrencyServices['resetPackages'] {
  return async (caller, input) => {
    const result = await deps.database.transaction(async (tx) => {
      const locked = await lockAll(tx, caller.accountId, input.packageIds);
      if (locked.type !== 'locked') return { outcome: locked, orders: [] };
      const rows = await lockSessionsOfPackages(tx, idsOf(locked.packages));
      const orders: EndOrder[] = [];
      for (const row of rows) {
        const context = { now: deps.now(), settings: deps.settings };
        orders.push(...(await applySessionEvent(tx, row, { type: 'end-requested', reason: 'kicked' }, context)).orders);
      }
      return { outcome: { type: 'reset' as const, sessions: rows.length }, orders };
    });
    sendInBackground(deps, sendEndOrder, result.orders);
    return result.outcome;
  };
}
