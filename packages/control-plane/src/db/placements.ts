import { type SQL, sql } from 'drizzle-orm';
import type { PlacementCandidate, Shortage } from '../domain/placement.js';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/**
 * Looking for a slot. Whatever the number of nodes, each statement here makes a few look-ups in partial indexes: candidates
 * come ranked, and within one the first entry of `slots_idle` (and of `concurrencies_free`) is taken.
 */

/** A session to be made on whichever slot is free. */
export interface Reservation {
  readonly id: string;
  readonly accountId: string;
  /** Null: nobody's yet, its program is prelaunched. */
  readonly userId: string | null;
  readonly userIp: string;
  readonly projectId: string;
  readonly applicationId: string;
  readonly applicationVersionId: string;
  readonly state: 'reserved' | 'prelaunching';
  readonly deadlineAt: number;
  readonly reconnectGraceMs: number;
  readonly createdAt: number;
}

const candidatesOf = (candidates: readonly PlacementCandidate[]) => sql`
  (SELECT e.c ->> 'packageId' AS package_id, e.c ->> 'poolId' AS pool_id, e.rank
   FROM json_array_elements(${JSON.stringify(candidates)}::json) WITH ORDINALITY AS e (c, rank))`;

const idleSlot = sql`
  SELECT i.node_id, i.slot_index FROM slots i WHERE i.pool_id = c.pool_id AND i.state = 'idle' AND i.online
  ORDER BY i.slot_index, i.spread LIMIT 1 FOR UPDATE SKIP LOCKED`;

const freeSeat = (projectId: string) => sql`
  SELECT f.package_id, f.seat FROM concurrencies f WHERE f.package_id = c.package_id AND f.session_id IS NULL
    AND NOT f.surplus AND f.project_id = ${projectId}
  ORDER BY f.seat LIMIT 1 FOR UPDATE SKIP LOCKED`;

/**
 * Takes the first idle slot of the candidates, with a seat of its package where there is one, and makes the session on it,
 * in one statement. Slots and seats that other calls are taking are skipped. False when none was free. Fails with a unique
 * violation when the user got a session meanwhile. All candidates have a package, or none has.
 */
export async function takeSlot(
  executor: Executor,
  reservation: Reservation,
  candidates: readonly PlacementCandidate[],
): Promise<boolean> {
  const [first] = candidates;
  if (first === undefined) return false;
  const r = reservation;
  const slotState = r.state === 'reserved' ? 'reserved' : 'busy';
  const free =
    first.packageId === null
      ? sql`SELECT s.node_id, s.slot_index, NULL::text AS package_id, NULL::integer AS seat`
      : sql`SELECT s.node_id, s.slot_index, f.package_id, f.seat`;
  const seat = first.packageId === null ? sql`` : sql`CROSS JOIN LATERAL (${freeSeat(r.projectId)}) f`;
  const seated =
    first.packageId === null
      ? sql``
      : sql`seated AS (UPDATE concurrencies q SET session_id = ${r.id} FROM free
          WHERE q.package_id = free.package_id AND q.seat = free.seat),`;
  const taken = await rows<{ id: string }>(
    executor,
    sql`
    WITH free AS (
      ${free} FROM (SELECT * FROM ${candidatesOf(candidates)} x ORDER BY rank) c
      ${seat} CROSS JOIN LATERAL (${idleSlot}) s LIMIT 1
    ), ${seated} taken AS (
      UPDATE slots sl SET state = ${slotState}, session_id = ${r.id}, project_id = ${r.projectId}, deadline_at = NULL,
        package_id = free.package_id
      FROM free WHERE sl.node_id = free.node_id AND sl.slot_index = free.slot_index
      RETURNING sl.node_id, sl.slot_index
    )
    INSERT INTO sessions (id, account_id, user_id, user_ip, project_id, application_id, application_version_id, node_id,
      slot_index, state, deadline_at, run_without_client, reconnect_grace_ms, application_parameters, created_at)
    SELECT ${r.id}, ${r.accountId}, ${r.userId}::text, ${r.userIp}, ${r.projectId}, ${r.applicationId},
      ${r.applicationVersionId}, taken.node_id, taken.slot_index, ${r.state}, ${r.deadlineAt}::bigint, false,
      ${r.reconnectGraceMs}::integer, '', ${r.createdAt}::bigint
    FROM taken RETURNING id`,
  );
  return taken.length === 1;
}

/** True when a slot of an open pool is as `condition` says. The order makes it the first entry of a partial index. */
const inOpenPool = (condition: SQL): SQL => sql`EXISTS (SELECT 1 FROM open o CROSS JOIN LATERAL (
  SELECT s.slot_index FROM slots s WHERE s.pool_id = o.pool_id AND ${condition} AND s.online
  ORDER BY s.slot_index LIMIT 1) x)`;

/** Why nothing could be taken. Only asked after a failure. */
export async function readShortage(
  executor: Executor,
  projectId: string,
  candidates: readonly PlacementCandidate[],
): Promise<Shortage> {
  const [row] = await rows<Shortage>(
    executor,
    sql`
    WITH open AS (
      SELECT DISTINCT c.pool_id FROM ${candidatesOf(candidates)} c
      LEFT JOIN LATERAL (SELECT f.seat FROM concurrencies f WHERE f.package_id = c.package_id AND f.session_id IS NULL
        AND NOT f.surplus AND f.project_id = ${projectId} ORDER BY f.seat LIMIT 1) free ON true
      WHERE c.package_id IS NULL OR free.seat IS NOT NULL
    )
    SELECT ${inOpenPool(sql`s.state = 'idle'`)} AS idle, ${inOpenPool(sql`s.state = 'initializing'`)} AS initializing,
      ${inOpenPool(sql`s.project_id IS NOT NULL`)} AS used`,
  );
  return row ?? { idle: false, initializing: false, used: false };
}

/** Slots of a project, those being cleaned after it included, those of nodes that have gone not. */
export interface ProjectUse {
  readonly used: number;
  /** Of these: programs that wait for a user, or come up for one. */
  readonly unclaimed: number;
}

/**
 * Locks a project against other reservations and counts its slots. Must be called inside a transaction that then takes
 * the slot.
 */
export async function lockAndCountProject(executor: Executor, projectId: string): Promise<ProjectUse> {
  await rows(executor, sql`SELECT id FROM projects WHERE id = ${projectId} FOR NO KEY UPDATE`);
  return countProjectUse(executor, projectId);
}

/** Counts a project's slots. */
export async function countProjectUse(executor: Executor, projectId: string): Promise<ProjectUse> {
  const [row] = await rows<ProjectUse>(
    executor,
    sql`SELECT
      (SELECT count(*)::integer FROM slots WHERE project_id = ${projectId} AND online) AS used,
      (SELECT count(*)::integer FROM sessions WHERE project_id = ${projectId} AND user_id IS NULL
        AND state IN ('prelaunching', 'prelaunched')) AS unclaimed`,
  );
  return row ?? { used: 0, unclaimed: 0 };
}

/**
 * Locks the prelaunched session that suits a user best: of this version, on a candidate (so its seat still counts for the
 * project), in the nearest region, the one that has waited longest. Null when there is none.
 */
export async function lockClaimable(
  executor: Executor,
  key: { readonly projectId: string; readonly applicationVersionId: string },
  candidates: readonly PlacementCandidate[],
): Promise<string | null> {
  const [row] = await rows<{ id: string }>(
    executor,
    sql`
    SELECT s.id FROM sessions s
    JOIN slots sl ON sl.node_id = s.node_id AND sl.slot_index = s.slot_index AND sl.session_id = s.id AND sl.online
    LEFT JOIN concurrencies q ON q.session_id = s.id
    JOIN ${candidatesOf(candidates)} c ON c.pool_id = sl.pool_id AND c.package_id IS NOT DISTINCT FROM q.package_id
    WHERE s.project_id = ${key.projectId} AND s.user_id IS NULL AND s.state = 'prelaunched'
      AND s.application_version_id = ${key.applicationVersionId}
      AND (q.package_id IS NULL OR (NOT q.surplus AND q.project_id = s.project_id))
    ORDER BY c.rank, s.launched_at, s.id LIMIT 1 FOR UPDATE OF s SKIP LOCKED`,
  );
  return row?.id ?? null;
}
