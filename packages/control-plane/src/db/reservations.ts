import { sql } from 'drizzle-orm';
import type { NodeCapacity } from '../domain/placement.js';
import { rows } from './rows.js';
import type { Executor, SessionRow } from './schema.js';

/**
 * The two statements of ApplyConcurrent. Each is atomic by itself: a call that finds a slot makes two round trips and no
 * explicit transaction.
 */

/** What ApplyConcurrent needs to know, read in one statement. Null fields: no such application, version or session. */
export interface ApplyContext {
  readonly projectType: 'EXCLUSIVE' | 'SHARED';
  readonly reconnectGraceMs: number;
  readonly concurrencyLimit: number | null;
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
  readonly nodes: readonly NodeCapacity[];
}

/** Key of {@link readApplyContext}; empty ids mean "not given". */
export interface ApplyKey {
  readonly accountId: string;
  readonly userId: string;
  readonly projectId: string;
  readonly applicationId: string;
  readonly applicationVersionId: string;
}

/** Reads project, program, the user's live session and free capacity; null when the project does not exist. */
export async function readApplyContext(executor: Executor, key: ApplyKey): Promise<ApplyContext | null> {
  const [row] = await rows<Omit<ApplyContext, 'nodes'> & { readonly nodes: readonly NodeCapacity[] | null }>(
    executor,
    sql`
    SELECT p.type AS "projectType", p.reconnect_grace_ms AS "reconnectGraceMs", p.concurrency_limit AS "concurrencyLimit",
      a.id AS "applicationId", v.id AS "applicationVersionId",
      CASE WHEN s.id IS NULL THEN NULL ELSE json_build_object('id', s.id, 'state', s.state, 'projectId', s.project_id,
        'applicationId', s.application_id, 'applicationVersionId', s.application_version_id, 'busyUntil', s.busy_until) END AS held,
      (SELECT json_agg(c) FROM (
        SELECT n.id AS "nodeId",
          (count(*) FILTER (WHERE sl.state = 'idle'))::integer AS idle,
          (count(*) FILTER (WHERE sl.state = 'initializing'))::integer AS initializing,
          (count(*) FILTER (WHERE sl.state IN ('reserved', 'busy', 'cleaning')))::integer AS used
        FROM render_nodes n JOIN slots sl ON sl.node_id = n.id
        WHERE n.online AND n.category = p.category GROUP BY n.id) c) AS nodes
    FROM projects p
    LEFT JOIN applications a ON a.account_id = p.account_id
      AND a.id = CASE WHEN p.type = 'EXCLUSIVE' OR ${key.applicationId} = '' THEN p.application_id ELSE ${key.applicationId} END
      AND (p.application_id = a.id
        OR EXISTS (SELECT 1 FROM project_applications pa WHERE pa.project_id = p.id AND pa.application_id = a.id))
    LEFT JOIN application_versions v ON v.application_id = a.id
      AND CASE WHEN ${key.applicationVersionId} = '' THEN v.state = 'in-use'
        ELSE v.id = ${key.applicationVersionId} AND v.state IN ('normal', 'in-use', 'usable') END
    LEFT JOIN sessions s ON s.account_id = p.account_id AND s.user_id = ${key.userId} AND s.state <> 'ended'
    WHERE p.id = ${key.projectId} AND p.account_id = ${key.accountId}`,
  );
  return row === undefined ? null : { ...row, nodes: row.nodes ?? [] };
}

/** A session to be made on whichever slot is free. */
export interface Reservation {
  readonly id: string;
  readonly accountId: string;
  readonly userId: string;
  readonly userIp: string;
  readonly projectId: string;
  readonly applicationId: string;
  readonly applicationVersionId: string;
  readonly deadlineAt: number;
  readonly reconnectGraceMs: number;
  readonly createdAt: number;
}

/**
 * Takes the first idle slot of the given nodes and makes the session on it, in one statement. Slots that other calls are
 * taking are skipped. False when none was free. Fails with a unique violation when the user got a session meanwhile.
 */
export async function takeSlot(
  executor: Executor,
  reservation: Reservation,
  nodeIds: readonly string[],
): Promise<boolean> {
  const r = reservation;
  const taken = await rows<{ id: string }>(
    executor,
    sql`
    WITH free AS (
      SELECT sl.node_id, sl.slot_index FROM slots sl
      JOIN json_array_elements_text(${JSON.stringify(nodeIds)}::json) WITH ORDINALITY AS c (node_id, rank)
        ON c.node_id = sl.node_id
      WHERE sl.state = 'idle' ORDER BY c.rank, sl.slot_index LIMIT 1
      FOR UPDATE OF sl SKIP LOCKED
    ), taken AS (
      UPDATE slots sl SET state = 'reserved', session_id = ${r.id}, project_id = ${r.projectId}, deadline_at = NULL
      FROM free WHERE sl.node_id = free.node_id AND sl.slot_index = free.slot_index
      RETURNING sl.node_id, sl.slot_index
    )
    INSERT INTO sessions (id, account_id, user_id, user_ip, project_id, application_id, application_version_id, node_id,
      slot_index, state, deadline_at, run_without_client, reconnect_grace_ms, application_parameters, created_at)
    SELECT ${r.id}, ${r.accountId}, ${r.userId}, ${r.userIp}, ${r.projectId}, ${r.applicationId},
      ${r.applicationVersionId}, taken.node_id, taken.slot_index, 'reserved', ${r.deadlineAt}::bigint, false,
      ${r.reconnectGraceMs}::integer, '', ${r.createdAt}::bigint
    FROM taken RETURNING id`,
  );
  return taken.length === 1;
}

/**
 * Locks a project against other reservations and counts the slots it uses, those being cleaned after it included, those of
 * nodes that have gone not.
 * Must be called inside a transaction that then takes the slot.
 */
export async function lockAndCountProject(executor: Executor, projectId: string): Promise<number> {
  await rows(executor, sql`SELECT id FROM projects WHERE id = ${projectId} FOR NO KEY UPDATE`);
  const [row] = await rows<{ used: number }>(
    executor,
    sql`SELECT count(*)::integer AS used FROM slots sl JOIN render_nodes n ON n.id = sl.node_id AND n.online
        WHERE sl.project_id = ${projectId}`,
  );
  return row?.used ?? 0;
}
