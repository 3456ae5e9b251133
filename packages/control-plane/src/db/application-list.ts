import { type SQL, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import type { ApplicationKind, Executor } from './schema.js';

/** Whether an application can run. */
export type ApplicationRunStatus =
  | 'creating'
  | 'create-failed'
  | 'not-configured'
  | 'running'
  | 'deleting'
  | 'no-package';

/** What its newest version is doing. */
export type ApplicationUpdateStatus = 'normal' | 'creating' | 'create-failed' | 'not-released' | 'released';

/** Status of one application. */
export interface ApplicationStatus {
  readonly applicationId: string;
  readonly kind: ApplicationKind;
  readonly runStatus: ApplicationRunStatus;
  readonly updateStatus: ApplicationUpdateStatus;
  readonly progressPercent: number;
}

/** Conditions of {@link pageApplications}: all must hold, the values of one are alternatives. Null: no condition. */
export interface ApplicationFilter {
  readonly accountId: string;
  readonly kinds: readonly ApplicationKind[] | null;
  readonly ids: readonly string[] | null;
  /** Parts of names, without regard to case. Several lists: each must match. */
  readonly nameParts: readonly (readonly string[])[];
  readonly runStatuses: readonly string[] | null;
  readonly updateStatuses: readonly string[] | null;
}

/**
 * Status of applications. What can run is told by all versions; what the newest version is doing is told by that one alone,
 * because only one version at a time is on its way to going online.
 */
const statusOf = sql`
  SELECT a.id, a.account_id, a.name, a.kind, a.created_at,
    CASE WHEN a.state = 'deleting' THEN 'deleting'
      WHEN v.online THEN 'running'
      WHEN v.ready THEN 'not-configured'
      WHEN v.newest = 'creating' THEN 'creating'
      WHEN v.newest = 'create-failed' THEN 'create-failed'
      ELSE 'no-package' END AS run_status,
    CASE WHEN v.newest = 'creating' THEN 'creating'
      WHEN v.newest = 'create-failed' THEN 'create-failed'
      WHEN v.newest = 'normal' THEN 'not-released'
      WHEN v.newest IN ('in-use', 'usable') THEN 'released'
      ELSE 'normal' END AS update_status,
    CASE WHEN v.newest IN ('normal', 'in-use', 'usable') THEN 100 ELSE COALESCE(v.progress, 0) END AS progress
  FROM applications a
  LEFT JOIN LATERAL (
    SELECT bool_or(av.state = 'in-use') AS online,
      bool_or(av.state IN ('normal', 'in-use', 'usable')) AS ready,
      (array_agg(av.state ORDER BY av.created_at DESC, av.id))[1] AS newest,
      (array_agg(av.progress_percent ORDER BY av.created_at DESC, av.id))[1] AS progress
    FROM application_versions av WHERE av.application_id = a.id AND av.state NOT IN ('deleting', 'deleted')
  ) v ON true
  WHERE a.state <> 'deleted'`;

const oneOf = (column: SQL, values: readonly string[]): SQL =>
  sql`${column} IN (SELECT json_array_elements_text(${JSON.stringify(values)}::json))`;

function conditionOf(filter: ApplicationFilter): SQL {
  const conditions: SQL[] = [sql`s.account_id = ${filter.accountId}`];
  if (filter.kinds !== null) conditions.push(oneOf(sql`s.kind`, filter.kinds));
  if (filter.ids !== null) conditions.push(oneOf(sql`s.id`, filter.ids));
  if (filter.runStatuses !== null) conditions.push(oneOf(sql`s.run_status`, filter.runStatuses));
  if (filter.updateStatuses !== null) conditions.push(oneOf(sql`s.update_status`, filter.updateStatuses));
  for (const parts of filter.nameParts) {
    conditions.push(sql`EXISTS (SELECT 1 FROM json_array_elements_text(${JSON.stringify(parts)}::json) AS part (text)
      WHERE position(lower(part.text) IN lower(s.name)) > 0)`);
  }
  return sql.join(conditions, sql` AND `);
}

/** A page of an account's applications, newest first, and how many there are in all. */
export async function pageApplications(
  executor: Executor,
  filter: ApplicationFilter,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ readonly total: number; readonly statuses: readonly ApplicationStatus[] }> {
  const [row] = await rows<{ total: number; statuses: readonly ApplicationStatus[] | null }>(
    executor,
    sql`WITH matching AS (SELECT s.* FROM (${statusOf}) s WHERE ${conditionOf(filter)}),
      page AS (SELECT * FROM matching ORDER BY created_at DESC, id LIMIT ${page.limit} OFFSET ${page.offset})
    SELECT (SELECT count(*)::integer FROM matching) AS total,
      (SELECT json_agg(json_build_object('applicationId', id, 'kind', kind, 'runStatus', run_status,
        'updateStatus', update_status, 'progressPercent', progress) ORDER BY created_at DESC, id) FROM page) AS statuses`,
  );
  return { total: row?.total ?? 0, statuses: row?.statuses ?? [] };
}
