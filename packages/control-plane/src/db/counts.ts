import { sql } from 'drizzle-orm';
import type { CountedProject, PackageAmount, PoolCapacity } from '../domain/concurrency-count.js';
import { isActivePackage } from './reservations.js';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/** What the nodes of every pool have. Counts over all slots: for listings and grants, never for placement. */
export async function readPoolCapacities(executor: Executor): Promise<readonly PoolCapacity[]> {
  return rows<PoolCapacity>(
    executor,
    sql`
    SELECT o.id, o.category, o.region, o.types, coalesce(c.slots, 0) AS slots
    FROM slot_pools o LEFT JOIN (
      SELECT pool_id, (count(*) FILTER (WHERE state <> 'failed'))::integer AS slots FROM slots WHERE online GROUP BY pool_id
    ) c ON c.pool_id = o.id ORDER BY o.id`,
  );
}

/** A project with its packages, and how many of its slots are not idle. */
export interface ProjectConcurrency extends CountedProject {
  readonly id: string;
  readonly using: number;
}

/** Reads projects of an account; those that do not exist are missing in the result. */
export async function readProjectConcurrency(
  executor: Executor,
  key: { readonly accountId: string; readonly projectIds: readonly string[]; readonly now: number },
): Promise<readonly ProjectConcurrency[]> {
  if (key.projectIds.length === 0) return [];
  return rows<ProjectConcurrency>(
    executor,
    sql`
    SELECT p.id, p.category, p.concurrency_type AS "concurrencyType", p.concurrency_limit AS "concurrencyLimit",
      coalesce((SELECT json_agg(json_build_object('id', k.id, 'type', k.type, 'region', k.region, 'amount', k.amount,
        'active', ${isActivePackage(key.now)})) FROM concurrent_packages k WHERE k.project_id = p.id), '[]') AS packages,
      (SELECT count(*)::integer FROM slots sl WHERE sl.project_id = p.id AND sl.online) AS using
    FROM projects p
    WHERE p.account_id = ${key.accountId} AND p.deleted_at IS NULL
      AND p.id IN (SELECT json_array_elements_text(${JSON.stringify(key.projectIds)}::json))`,
  );
}

/** Slots of an account's projects that are not idle. */
export async function countAccountUse(
  executor: Executor,
  key: { readonly accountId: string; readonly category: '' | 'DESKTOP' | 'MOBILE' },
): Promise<number> {
  const [row] = await rows<{ using: number }>(
    executor,
    sql`
    SELECT count(*)::integer AS using FROM projects p JOIN slots sl ON sl.project_id = p.id AND sl.online
    WHERE p.account_id = ${key.accountId} AND ${key.category} IN ('', p.category)`,
  );
  return row?.using ?? 0;
}

/** All packages of an account, or of everybody, with what counts of them. */
export async function readPackageAmounts(
  executor: Executor,
  key: { readonly accountId: string | null; readonly now: number },
): Promise<readonly PackageAmount[]> {
  return rows<PackageAmount>(
    executor,
    sql`
    SELECT k.id, k.type, k.region, k.amount, ${isActivePackage(key.now)} AS active FROM concurrent_packages k
    WHERE ${key.accountId}::text IS NULL OR k.account_id = ${key.accountId} ORDER BY k.id`,
  );
}
