import { sql } from 'drizzle-orm';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/** One count for the metrics. */
export interface CensusRow {
  readonly kind: 'slot' | 'session' | 'node' | 'due-session' | 'due-slot';
  /** Of slots and nodes; else `''`. */
  readonly region: string;
  /** `offline` for the slots of nodes that are away, `drained` for idle ones of nodes that take no new sessions. */
  readonly state: string;
  readonly count: number;
  /** Epoch milliseconds of the oldest deadline that has passed; null when none has. */
  readonly oldestAt: number | null;
}

/**
 * Counts what the metrics show, in one statement of a few indexed reads: live sessions are those of a partial index, and
 * of sessions that are due only the first thousand are counted.
 */
export async function takeCensus(executor: Executor, now: number): Promise<readonly CensusRow[]> {
  return rows<CensusRow>(
    executor,
    sql`
    SELECT 'slot' AS kind, n.region, CASE WHEN NOT n.online THEN 'offline'
      WHEN n.draining_since IS NOT NULL AND sl.state = 'idle' THEN 'drained' ELSE sl.state END AS state,
      count(*)::integer AS count, NULL::float8 AS "oldestAt"
    FROM slots sl JOIN render_nodes n ON n.id = sl.node_id GROUP BY 2, 3
    UNION ALL
    SELECT 'node', region, CASE WHEN online THEN 'online' ELSE 'offline' END, count(*)::integer, NULL
    FROM render_nodes GROUP BY 2, 3
    UNION ALL
    SELECT 'session', '', state, count(*)::integer, NULL FROM sessions WHERE state <> 'ended' GROUP BY 3
    UNION ALL
    SELECT 'due-session', '', '', count(*)::integer, min(deadline_at)::float8
    FROM (SELECT deadline_at FROM sessions WHERE deadline_at <= ${now} ORDER BY deadline_at LIMIT 1000) due
    UNION ALL
    SELECT 'due-slot', '', '', count(*)::integer, min(deadline_at)::float8
    FROM (SELECT deadline_at FROM slots WHERE deadline_at <= ${now} ORDER BY deadline_at LIMIT 1000) due`,
  );
}
