import { sql } from 'drizzle-orm';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/** Slots of online nodes, and those that are not idle. */
export interface CapacityCount {
  readonly total: number;
  readonly running: number;
}

/** Counts for one project; null when it does not exist. The total is what the nodes have, at most the project's limit. */
export async function countProject(
  executor: Executor,
  key: { readonly accountId: string; readonly projectId: string; readonly category: '' | 'DESKTOP' | 'MOBILE' },
): Promise<CapacityCount | null> {
  const [row] = await rows<CapacityCount>(
    executor,
    sql`
    SELECT least(p.concurrency_limit, (count(sl.node_id) FILTER (WHERE sl.state <> 'failed'))::integer) AS total,
      (count(sl.node_id) FILTER (WHERE sl.project_id = p.id))::integer AS running
    FROM projects p
    LEFT JOIN render_nodes n ON n.online AND n.category = p.category AND ${key.category} IN ('', p.category)
    LEFT JOIN slots sl ON sl.node_id = n.id
    WHERE p.id = ${key.projectId} AND p.account_id = ${key.accountId}
    GROUP BY p.id`,
  );
  return row ?? null;
}

/** Counts for everything an account may use. */
export async function countAccount(
  executor: Executor,
  key: { readonly accountId: string; readonly category: '' | 'DESKTOP' | 'MOBILE' },
): Promise<CapacityCount> {
  const [row] = await rows<CapacityCount>(
    executor,
    sql`
    SELECT (count(*) FILTER (WHERE sl.state <> 'failed'))::integer AS total,
      (count(p.id))::integer AS running
    FROM slots sl
    JOIN render_nodes n ON n.id = sl.node_id AND n.online AND ${key.category} IN ('', n.category)
    LEFT JOIN projects p ON p.id = sl.project_id AND p.account_id = ${key.accountId}`,
  );
  return row ?? { total: 0, running: 0 };
}
