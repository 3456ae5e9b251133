import { type SQL, sql } from 'drizzle-orm';
import { dbLimits } from './limits.js';
import { rows } from './rows.js';
import type { PackageRow } from './schema/concurrency.js';
import type { Executor } from './schema.js';

/** A package with the use of its seats. */
export interface PackageListing extends PackageRow {
  readonly using: number;
  /** Seats with sessions of before a change. */
  readonly draining: number;
}

/** Conditions that all must hold; the values of one are alternatives. Absent: any. */
export interface PackageFilter {
  readonly accountId: string | null;
  readonly ids?: readonly string[];
  readonly names?: readonly string[];
  readonly projectIds?: readonly string[];
  readonly types?: readonly string[];
  readonly regions?: readonly string[];
  readonly statuses?: readonly string[];
}

const oneOf = (column: SQL, values: readonly string[] | undefined): SQL =>
  values === undefined
    ? sql`true`
    : sql`${column} IN (SELECT json_array_elements_text(${JSON.stringify(values)}::json))`;

/** The status of a package in SQL, to filter on: the same decision as `decidePackageStatus`. */
const statusOf = (now: number): SQL => sql`CASE
  WHEN k.state = 'revoked' THEN 'draining'
  WHEN k.state = 'expired' OR k.expires_at <= ${now}::bigint THEN 'expired'
  WHEN u.draining > 0 THEN 'draining' ELSE 'normal' END`;

/** Lists packages, newest first, and tells how many there are in all. */
export async function listPackages(
  executor: Executor,
  filter: PackageFilter,
  page: { readonly offset: number; readonly limit: number; readonly now: number },
): Promise<{ readonly total: number; readonly packages: readonly PackageListing[] }> {
  const found = sql`
    FROM concurrent_packages k
    CROSS JOIN LATERAL (
      SELECT count(*)::integer AS using,
        (count(*) FILTER (WHERE q.surplus OR s.project_id IS DISTINCT FROM k.project_id))::integer AS draining
      FROM concurrencies q JOIN sessions s ON s.id = q.session_id WHERE q.package_id = k.id) u
    WHERE (${filter.accountId}::text IS NULL OR k.account_id = ${filter.accountId})
      AND ${oneOf(sql`k.id`, filter.ids)} AND ${oneOf(sql`k.name`, filter.names)}
      AND ${oneOf(sql`k.project_id`, filter.projectIds)} AND ${oneOf(sql`k.type`, filter.types)}
      AND ${oneOf(sql`k.region`, filter.regions)} AND ${oneOf(statusOf(page.now), filter.statuses)}`;
  const [count] = await rows<{ total: number }>(executor, sql`SELECT count(*)::integer AS total ${found}`);
  const packages = await rows<PackageListing>(
    executor,
    sql`SELECT k.id, k.account_id AS "accountId", k.name, k.type, k.region, k.amount, k.expires_at AS "expiresAt",
          k.project_id AS "projectId", k.state, k.created_at AS "createdAt", u.using, u.draining
        ${found} ORDER BY k.created_at DESC, k.id LIMIT ${Math.min(page.limit, dbLimits.listRows)} OFFSET ${page.offset}`,
  );
  return { total: count?.total ?? 0, packages };
}
