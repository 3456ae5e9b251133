import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/open.js';
import { rows } from '../db/rows.js';
import { drainedPoolId } from '../domain/placement.js';

/** What must be true of the database at every moment, between any two transactions; each query gives what breaks it. */
const invariants: Readonly<Record<string, SQL>> = {
  'a slot that is owned belongs to the live session that lives on it': sql`
    SELECT sl.node_id, sl.slot_index, sl.session_id, s.state FROM slots sl LEFT JOIN sessions s ON s.id = sl.session_id
    WHERE sl.state IN ('reserved', 'busy')
      AND (s.id IS NULL OR s.state = 'ended' OR s.node_id <> sl.node_id OR s.slot_index <> sl.slot_index)`,
  'a live session owns its slot': sql`
    SELECT s.id, s.state, sl.state AS slot, sl.session_id FROM sessions s
    LEFT JOIN slots sl ON sl.node_id = s.node_id AND sl.slot_index = s.slot_index
    WHERE s.state <> 'ended' AND (sl.session_id IS DISTINCT FROM s.id OR sl.state NOT IN ('reserved', 'busy'))`,
  'a session owns one slot': sql`
    SELECT session_id, count(*) FROM slots WHERE state IN ('reserved', 'busy') GROUP BY session_id HAVING count(*) > 1`,
  'a user has one live session': sql`
    SELECT account_id, user_id, count(*) FROM sessions WHERE state <> 'ended' AND user_id IS NOT NULL
    GROUP BY account_id, user_id HAVING count(*) > 1`,
  'a live session has a deadline, or an online node that answers for it': sql`
    SELECT s.id, s.state FROM sessions s LEFT JOIN render_nodes n ON n.id = s.node_id
    WHERE s.state <> 'ended' AND s.deadline_at IS NULL
      AND NOT (s.state IN ('running', 'prelaunched') AND COALESCE(n.online, false))`,
  'a slot knows the project of the session that owns it': sql`
    SELECT sl.node_id, sl.slot_index FROM slots sl JOIN sessions s ON s.id = sl.session_id
    WHERE sl.state IN ('reserved', 'busy') AND sl.project_id IS DISTINCT FROM s.project_id`,
  'an unowned slot that is not being cleaned has no project': sql`
    SELECT node_id, slot_index FROM slots WHERE state IN ('idle', 'initializing', 'failed') AND project_id IS NOT NULL`,
  'a slot that is being cleaned has a deadline': sql`
    SELECT node_id, slot_index FROM slots WHERE state = 'cleaning' AND deadline_at IS NULL`,
  'a slot is online as its node is': sql`
    SELECT sl.node_id, sl.slot_index FROM slots sl JOIN render_nodes n ON n.id = sl.node_id WHERE sl.online <> n.online`,
  'a slot is in the pool of its node, or in none while the node takes no new sessions': sql`
    SELECT sl.node_id, sl.slot_index, sl.pool_id FROM slots sl JOIN render_nodes n ON n.id = sl.node_id
    WHERE sl.pool_id <> CASE WHEN n.draining_since IS NULL THEN n.pool_id ELSE ${drainedPoolId} END`,
  'a seat that is taken belongs to a session with a slot, which knows the package': sql`
    SELECT c.package_id, c.seat, c.session_id FROM concurrencies c LEFT JOIN slots sl ON sl.session_id = c.session_id
    WHERE c.session_id IS NOT NULL AND sl.package_id IS DISTINCT FROM c.package_id`,
  'a slot on a package has a seat of it': sql`
    SELECT sl.node_id, sl.slot_index, sl.package_id FROM slots sl
    LEFT JOIN concurrencies c ON c.package_id = sl.package_id AND c.session_id = sl.session_id
    WHERE sl.package_id IS NOT NULL AND c.seat IS NULL`,
  'a package has no more seats than were granted': sql`
    SELECT k.id, k.amount, count(*) FROM concurrent_packages k JOIN concurrencies c ON c.package_id = k.id AND NOT c.surplus
    WHERE k.state = 'active' GROUP BY k.id HAVING count(*) > k.amount`,
  'guests belong to live sessions': sql`
    SELECT g.user_id FROM session_guests g JOIN sessions s ON s.id = g.session_id WHERE s.state = 'ended'`,
  'guests of a session sit on different seats': sql`
    SELECT session_id, seat FROM session_guests WHERE role = 'Player' GROUP BY session_id, seat HAVING count(*) > 1`,
};

/** Everything that is wrong with the database; empty when it is sound. */
export async function findViolations(database: Database): Promise<string[]> {
  const found: string[] = [];
  // One snapshot for all: between two statements others may commit.
  await database.executor.transaction(
    async (tx) => {
      for (const [name, query] of Object.entries(invariants)) {
        const broken = await rows(tx, query);
        if (broken.length > 0) found.push(`${name}: ${JSON.stringify(broken)}`);
      }
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
  return found;
}

/** Deadlocks that a PostgreSQL server has found in the database so far. */
export async function countDeadlocks(database: Database): Promise<number> {
  const [row] = await rows<{ count: number }>(
    database.executor,
    sql`SELECT pg_stat_force_next_flush(), deadlocks::integer AS count FROM pg_stat_database WHERE datname = current_database()`,
  );
  return row?.count ?? 0;
}

/** Statements that wait for a lock at a PostgreSQL server, in the database. */
export async function countLockWaits(database: Database): Promise<number> {
  const [row] = await rows<{ count: number }>(
    database.executor,
    sql`SELECT count(*)::integer AS count FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}
