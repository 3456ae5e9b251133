import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { drainedPoolId } from '../domain/placement.js';
import { dbLimits } from './limits.js';
import { type ApplyContext, isActivePackage } from './reservations.js';
import { rows } from './rows.js';
import { type Executor, type SessionRow, sessions } from './schema.js';

/** A preloaded project whose turn it is. */
export interface DueProject extends Pick<ApplyContext, 'packages' | 'pools' | 'concurrencyType' | 'concurrencyLimit'> {
  readonly id: string;
  readonly accountId: string;
  readonly applicationId: string | null;
  /** Version that is online; null: none. */
  readonly applicationVersionId: string | null;
  readonly reconnectGraceMs: number;
  /** Unclaimed sessions that failed of late, and when the last one did. */
  readonly failures: number;
  readonly failedAt: number | null;
}

/** Locks one preloaded project whose turn has come; those that another process holds are skipped. Null: none is due. */
export async function lockDueProject(
  executor: Executor,
  now: number,
  failuresSince: number,
): Promise<DueProject | null> {
  const [due] = await rows<{ id: string }>(
    executor,
    sql`SELECT id FROM projects WHERE is_preload AND type = 'EXCLUSIVE' AND prelaunch_due_at <= ${now}
        ORDER BY prelaunch_due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
  );
  if (due === undefined) return null;
  const [row] = await rows<DueProject>(
    executor,
    sql`
    SELECT p.id, p.account_id AS "accountId", p.application_id AS "applicationId", v.id AS "applicationVersionId",
      p.reconnect_grace_ms AS "reconnectGraceMs", p.concurrency_type AS "concurrencyType",
      p.concurrency_limit AS "concurrencyLimit",
      coalesce((SELECT json_agg(json_build_object('id', k.id, 'type', k.type, 'region', k.region,
          'active', ${isActivePackage(now)})) FROM concurrent_packages k WHERE k.project_id = p.id), '[]') AS packages,
      coalesce((SELECT json_agg(json_build_object('id', o.id, 'region', o.region, 'types', o.types))
        FROM slot_pools o WHERE o.category = p.category), '[]') AS pools,
      f.failures, f.failed_at AS "failedAt"
    FROM projects p
    LEFT JOIN application_versions v ON v.application_id = p.application_id AND v.state = 'in-use'
    CROSS JOIN LATERAL (
      SELECT count(*)::integer AS failures, max(s.ended_at) AS failed_at FROM sessions s
      WHERE s.project_id = p.id AND s.user_id IS NULL AND s.state = 'ended' AND s.ended_at > ${failuresSince}
        AND s.application_version_id = v.id AND s.end_reason IN ('program-exit', 'program-crash', 'start-failed')) f
    WHERE p.id = ${due.id}`,
  );
  return row ?? null;
}

/** Sets when a project is looked at next. */
export async function postponePrelaunch(executor: Executor, projectId: string, dueAt: number): Promise<void> {
  await rows(executor, sql`UPDATE projects SET prelaunch_due_at = ${dueAt} WHERE id = ${projectId}`);
}

/** Unclaimed sessions of a project, youngest first, locked; those that somebody is claiming are skipped. */
export async function lockUnclaimedOfProject(executor: Executor, projectId: string): Promise<SessionRow[]> {
  return executor
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.projectId, projectId),
        isNull(sessions.userId),
        inArray(sessions.state, ['prelaunching', 'prelaunched']),
      ),
    )
    .orderBy(sql`${sessions.createdAt} DESC`, sessions.id)
    .limit(dbLimits.listRows)
    .for('update', { skipLocked: true });
}

/**
 * Unclaimed sessions that serve nobody any more, locked: the project is no longer preloaded, another version is online, or
 * the concurrency they stand on has expired, shrunk or been moved, or the node takes no new sessions.
 */
export async function lockObsoletePrelaunched(
  executor: Executor,
  key: { readonly now: number; readonly requirePackages: boolean },
): Promise<readonly string[]> {
  const found = await rows<{ id: string }>(
    executor,
    sql`
    SELECT s.id FROM sessions s
    JOIN projects p ON p.id = s.project_id
    JOIN slots sl ON sl.node_id = s.node_id AND sl.slot_index = s.slot_index
    LEFT JOIN concurrencies q ON q.session_id = s.id
    LEFT JOIN concurrent_packages k ON k.id = q.package_id
    WHERE s.user_id IS NULL AND s.state IN ('prelaunching', 'prelaunched') AND (
      sl.pool_id = ${drainedPoolId} OR NOT p.is_preload OR p.type <> 'EXCLUSIVE' OR p.application_id IS DISTINCT FROM s.application_id
      OR NOT EXISTS (SELECT 1 FROM application_versions v WHERE v.id = s.application_version_id AND v.state = 'in-use')
      OR CASE WHEN q.package_id IS NULL
        THEN ${key.requirePackages}::boolean OR EXISTS (SELECT 1 FROM concurrent_packages b WHERE b.project_id = p.id)
        ELSE q.surplus OR q.project_id IS DISTINCT FROM s.project_id OR k.type <> p.concurrency_type
          OR NOT ${isActivePackage(key.now)} END)
    ORDER BY s.id LIMIT ${dbLimits.sweepBatch} FOR UPDATE OF s SKIP LOCKED`,
  );
  return found.map((row) => row.id);
}
