import { sql } from 'drizzle-orm';
import type { SessionStateName } from '../domain/session-state.js';
import { type SlotStateName, slotStateNames } from '../domain/slot-state.js';
import { rows } from './rows.js';
import type { Executor, NodeRow } from './schema.js';

/** A node with the types of its pool and its slots by state. */
export interface ListedNode extends Omit<NodeRow, 'category' | 'poolId'> {
  readonly types: readonly string[];
  readonly slots: Readonly<Record<SlotStateName, number>>;
}

const slotCounts = sql.join(
  slotStateNames.map((name) => sql`${sql.raw(`'${name}'`)}, (count(*) FILTER (WHERE state = ${name}))::integer`),
  sql`, `,
);

const listed = sql`
  SELECT n.id, n.boot_id AS "bootId", n.name, n.region, n.version, n.online, n.last_seen_at::float8 AS "lastSeenAt",
    n.draining_since::float8 AS "drainingSince", o.types, c.slots
  FROM render_nodes n JOIN slot_pools o ON o.id = n.pool_id
  CROSS JOIN LATERAL (SELECT json_build_object(${slotCounts}) AS slots FROM slots WHERE node_id = n.id) c`;

/** Nodes in order of their ids, those behind `after`; null region: of all. */
export async function listNodeRows(
  executor: Executor,
  query: { readonly region: string | null; readonly after: string; readonly limit: number },
): Promise<readonly ListedNode[]> {
  return rows<ListedNode>(
    executor,
    sql`${listed} WHERE n.id > ${query.after} AND (${query.region}::text IS NULL OR n.region = ${query.region})
        ORDER BY n.id LIMIT ${query.limit}`,
  );
}

/** One node; null when there is none. */
export async function findNodeRow(executor: Executor, nodeId: string): Promise<ListedNode | null> {
  const [row] = await rows<ListedNode>(executor, sql`${listed} WHERE n.id = ${nodeId}`);
  return row ?? null;
}

/** A slot with the session it holds, or is cleaned after. */
export interface ListedSlot {
  readonly slotIndex: number;
  readonly state: SlotStateName;
  readonly sessionId: string | null;
  readonly accountId: string | null;
  readonly userId: string | null;
  readonly projectId: string | null;
  readonly sessionState: SessionStateName | null;
  readonly createdAt: number | null;
}

/** Slots of a node in order. */
export async function listNodeSlots(executor: Executor, nodeId: string): Promise<readonly ListedSlot[]> {
  return rows<ListedSlot>(
    executor,
    sql`
    SELECT sl.slot_index AS "slotIndex", sl.state, s.id AS "sessionId", s.account_id AS "accountId",
      s.user_id AS "userId", s.project_id AS "projectId", s.state AS "sessionState", s.created_at::float8 AS "createdAt"
    FROM slots sl LEFT JOIN sessions s ON s.id = sl.session_id
    WHERE sl.node_id = ${nodeId} ORDER BY sl.slot_index`,
  );
}

/** Writes whether a node takes new sessions. The caller has locked it. */
export async function setNodeDraining(executor: Executor, nodeId: string, since: number | null): Promise<void> {
  await rows(executor, sql`UPDATE render_nodes SET draining_since = ${since}::bigint WHERE id = ${nodeId}`);
}
