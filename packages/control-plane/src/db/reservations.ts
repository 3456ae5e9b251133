import { sql } from 'drizzle-orm';
import type { BoundPackage, SlotPool } from '../domain/placement.js';
import { rows } from './rows.js';
import type { Executor, SessionRow } from './schema.js';

/**
 * What ApplyConcurrent needs to know, read in one statement. Null fields: no such application, version or session.
 * Nothing here is counted over nodes or slots: the cost must not grow with them.
 */
export interface ApplyContext {
  readonly projectType: 'EXCLUSIVE' | 'SHARED';
  readonly reconnectGraceMs: number;
  readonly concurrencyLimit: number | null;
  readonly concurrencyType: string;
  /** The project holds running programs in readiness. */
  readonly isPreload: boolean;
  readonly applicationId: string | null;
  readonly applicationVersionId: string | null;
  readonly held: {
    readonly id: string;
    readonly state: SessionRow['state'];
    readonly projectId: string;
    readonly applicationId: string;
    readonly applicationVersionId: string;
    readonly busyUntil: number | null;
  } | null;
  /** Packages bound to the project. */
  readonly packages: readonly BoundPackage[];
  /** Pools of the project's category. */
  readonly pools: readonly SlotPool[];
}

type Nullable<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]: T[P] | null };

/** True for a row `k` of `concurrent_packages` that grants concurrency now. */
export const isActivePackage = (now: number) =>
  sql`(k.state = 'active' AND (k.expires_at IS NULL OR k.expires_at > ${now}::bigint))`;

/** Key of {@link readApplyContext}; empty ids mean "not given". */
export interface ApplyKey {
  readonly accountId: string;
  readonly userId: string;
  readonly projectId: string;
  readonly applicationId: string;
  readonly applicationVersionId: string;
  readonly now: number;
}

/** Reads project, program, the user's live session and where slots may be; null when the project does not exist. */
export async function readApplyContext(executor: Executor, key: ApplyKey): Promise<ApplyContext | null> {
  const [row] = await rows<Nullable<ApplyContext, 'packages' | 'pools'>>(
    executor,
    sql`
    SELECT p.type AS "projectType", p.reconnect_grace_ms AS "reconnectGraceMs", p.concurrency_limit AS "concurrencyLimit",
      a.id AS "applicationId", v.id AS "applicationVersionId",
      CASE WHEN s.id IS NULL THEN NULL ELSE json_build_object('id', s.id, 'state', s.state, 'projectId', s.project_id,
        'applicationId', s.application_id, 'applicationVersionId', s.application_version_id, 'busyUntil', s.busy_until) END AS held,
      p.concurrency_type AS "concurrencyType", p.is_preload AND p.type = 'EXCLUSIVE' AS "isPreload",
      (SELECT json_agg(json_build_object('id', k.id, 'type', k.type, 'region', k.region,
          'active', ${isActivePackage(key.now)})) FROM concurrent_packages k WHERE k.project_id = p.id) AS packages,
      (SELECT json_agg(json_build_object('id', o.id, 'region', o.region, 'types', o.types))
        FROM slot_pools o WHERE o.category = p.category) AS pools
    FROM projects p
    LEFT JOIN applications a ON a.account_id = p.account_id
      AND a.id = CASE WHEN p.type = 'EXCLUSIVE' OR ${key.applicationId} = '' THEN p.application_id ELSE ${key.applicationId} END
      AND (p.application_id = a.id
        OR EXISTS (SELECT 1 FROM project_applications pa WHERE pa.project_id = p.id AND pa.application_id = a.id)
        OR p.type = 'SHARED' AND (a.kind = 'ApplicationAPK') = (p.category = 'MOBILE')
          AND NOT EXISTS (SELECT 1 FROM project_applications pa WHERE pa.project_id = p.id))
    LEFT JOIN application_versions v ON v.application_id = a.id
      AND CASE WHEN ${key.applicationVersionId} = '' THEN v.state = 'in-use'
        ELSE v.id = ${key.applicationVersionId} AND v.state IN ('normal', 'in-use', 'usable') END
    LEFT JOIN sessions s ON s.account_id = p.account_id AND s.user_id = ${key.userId} AND s.state <> 'ended'
    WHERE p.id = ${key.projectId} AND p.account_id = ${key.accountId} AND p.deleted_at IS NULL`,
  );
  return row === undefined ? null : { ...row, packages: row.packages ?? [], pools: row.pools ?? [] };
}
