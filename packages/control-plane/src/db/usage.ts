import { type SQL, sql } from 'drizzle-orm';
import type { UsageInterval, UsageKind } from '../domain/usage.js';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/** Statement that inserts an interval of use, with the facts of the session's row. */
export function usageIntervalInsert(sessionId: string, interval: UsageInterval): SQL {
  return sql`
    INSERT INTO usage_intervals (session_id, started_at, ended_at, kind, account_id, project_id, application_id,
      concurrency_type, region, user_id)
    SELECT s.id, ${interval.startedAt}::bigint, ${interval.endedAt}::bigint, ${interval.kind}, s.account_id, s.project_id,
      s.application_id, p.concurrency_type, n.region, s.user_id
    FROM sessions s JOIN projects p ON p.id = s.project_id JOIN render_nodes n ON n.id = s.node_id
    WHERE s.id = ${sessionId}`;
}

/** One usage record. Epoch milliseconds. */
export interface UsageRow extends UsageInterval {
  readonly sessionId: string;
  readonly accountId: string;
  readonly projectId: string;
  readonly applicationId: string;
  readonly concurrencyType: string;
  readonly region: string;
  /** Null: the program was started before a user came. */
  readonly userId: string | null;
}

/** What is asked for: intervals that touch `[from, to)`, cut to it; null account or project: of all. */
export interface UsageRange {
  readonly accountId: string | null;
  readonly projectId: string | null;
  readonly from: number;
  readonly to: number;
}

/** Last row of a page of closed intervals. */
export interface ClosedUsageKey {
  readonly endedAt: number;
  readonly sessionId: string;
  readonly startedAt: number;
}

const columns = sql`session_id AS "sessionId", kind, account_id AS "accountId", project_id AS "projectId",
  application_id AS "applicationId", concurrency_type AS "concurrencyType", region, user_id AS "userId"`;

function isOf({ accountId, projectId }: Pick<UsageRange, 'accountId' | 'projectId'>): SQL {
  const ofAccount = accountId === null ? sql`true` : sql`account_id = ${accountId}`;
  return projectId === null ? ofAccount : sql`${ofAccount} AND project_id = ${projectId}`;
}

/** Intervals that ended inside the range, in the order of their ends; not yet cut. */
export async function readClosedUsage(
  executor: Executor,
  range: UsageRange,
  page: { readonly after: ClosedUsageKey | null; readonly limit: number },
): Promise<readonly UsageRow[]> {
  const after = page.after ?? { endedAt: range.from, sessionId: '\u{10FFFF}', startedAt: 0 };
  return rows<UsageRow>(
    executor,
    sql`
    SELECT ${columns}, started_at AS "startedAt", ended_at AS "endedAt" FROM usage_intervals
    WHERE (ended_at, session_id, started_at) > (${after.endedAt}::bigint, ${after.sessionId}, ${after.startedAt}::bigint)
      AND ended_at <= ${range.to} AND ${isOf(range)}
    ORDER BY ended_at, session_id, started_at LIMIT ${page.limit}`,
  );
}

/** Live sessions' open intervals, as rows of the same form without an end. */
const openIntervals = sql`
  SELECT s.id AS session_id, COALESCE(s.usage_since, s.created_at) AS started_at, NULL::bigint AS ended_at,
    CASE WHEN s.state = 'running' THEN 'active' ELSE 'idle' END AS kind, s.account_id, s.project_id, s.application_id,
    p.concurrency_type, n.region, s.user_id
  FROM sessions s JOIN projects p ON p.id = s.project_id JOIN render_nodes n ON n.id = s.node_id
  WHERE s.state <> 'ended'`;

/**
 * The intervals that were open at the end of the range, one for each session, cut there. A session that goes on to its next
 * interval between two pages is neither missed nor told twice: at any moment exactly one of its intervals holds that end.
 */
export async function readUsageAcross(
  executor: Executor,
  range: UsageRange,
  page: { readonly after: string; readonly limit: number },
): Promise<readonly UsageRow[]> {
  return rows<UsageRow>(
    executor,
    sql`
    SELECT ${columns}, started_at AS "startedAt", ${range.to}::bigint AS "endedAt" FROM (
      SELECT session_id, started_at, ended_at, kind, account_id, project_id, application_id, concurrency_type, region,
        user_id FROM usage_intervals WHERE ended_at > ${range.to}
      UNION ALL ${openIntervals}) u
    WHERE started_at < ${range.to} AND session_id > ${page.after} AND ${isOf(range)}
    ORDER BY session_id LIMIT ${page.limit}`,
  );
}

/** Use of one project on one day (UTC) by kind, milliseconds. */
export interface UsageTotalRow {
  readonly accountId: string;
  readonly projectId: string;
  /** `2026-01-31`. */
  readonly day: string;
  readonly idleMs: number;
  readonly activeMs: number;
}

/** Adds up use by project and day, with intervals cut at midnight UTC. The range must be whole and bounded by the caller. */
export async function readUsageTotals(
  executor: Executor,
  range: UsageRange,
  limit: number,
): Promise<readonly UsageTotalRow[]> {
  const dayMs = 86_400_000;
  const part = sql`(least(ended_at, day + ${dayMs}, ${range.to}) - greatest(started_at, day, ${range.from}))`;
  const sum = (kind: UsageKind) => sql`COALESCE(sum(${part}) FILTER (WHERE kind = ${kind}), 0)::bigint`;
  return rows<UsageTotalRow>(
    executor,
    sql`
    SELECT account_id AS "accountId", project_id AS "projectId",
      to_char(to_timestamp(day / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day,
      ${sum('idle')} AS "idleMs", ${sum('active')} AS "activeMs"
    FROM (
      SELECT account_id, project_id, kind, started_at, ended_at FROM usage_intervals
      WHERE ended_at > ${range.from} AND started_at < ${range.to}
      UNION ALL
      SELECT account_id, project_id, kind, started_at, ${range.to}::bigint FROM (${openIntervals}) o
      WHERE started_at < ${range.to}) u
    CROSS JOIN LATERAL generate_series(greatest(started_at, ${range.from}) / ${dayMs} * ${dayMs},
      least(ended_at, ${range.to}) - 1, ${dayMs}) AS day
    WHERE ${isOf(range)}
    GROUP BY account_id, project_id, day ORDER BY day, account_id, project_id LIMIT ${limit}`,
  );
}

/** Idle and active time of one session until now, milliseconds; the open interval included. */
export async function readSessionUsage(
  executor: Executor,
  sessionId: string,
  now: number,
): Promise<{ readonly idleMs: number; readonly activeMs: number }> {
  const sum = (kind: UsageKind) =>
    sql`COALESCE(sum(greatest(0, COALESCE(ended_at, ${now}::bigint) - started_at)) FILTER (WHERE kind = ${kind}), 0)::bigint`;
  const [row] = await rows<{ idleMs: number; activeMs: number }>(
    executor,
    sql`
    SELECT ${sum('idle')} AS "idleMs", ${sum('active')} AS "activeMs" FROM (
      SELECT kind, started_at, ended_at FROM usage_intervals WHERE session_id = ${sessionId}
      UNION ALL SELECT kind, started_at, ended_at FROM (${openIntervals} AND s.id = ${sessionId}) o) u`,
  );
  return row ?? { idleMs: 0, activeMs: 0 };
}

/** Deletes records that ended before a time; returns how many. */
export async function deleteUsageBefore(executor: Executor, before: number, limit: number): Promise<number> {
  const deleted = await rows<{ id: string }>(
    executor,
    // By place of the row, which no interval ever changes: looked up directly, whatever the server thinks of the limit.
    sql`DELETE FROM usage_intervals WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM usage_intervals WHERE ended_at < ${before} ORDER BY ended_at LIMIT ${limit}))
        RETURNING session_id AS id`,
  );
  return deleted.length;
}
