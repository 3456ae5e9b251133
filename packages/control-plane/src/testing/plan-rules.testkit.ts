import type { QueryPlan } from './query-plans.testkit.js';

/** Tables that grow with nodes, sessions or customers: reading one from end to end takes the longer, the more there are. */
const bigTables = [
  'slots',
  'sessions',
  'session_events',
  'session_guests',
  'session_publishes',
  'usage_intervals',
  'concurrencies',
  'render_nodes',
  'projects',
  'accounts',
  'access_keys',
  'applications',
  'application_versions',
  'concurrent_packages',
];

/** Rows that one step of a statement may look at: more than a batch of any sweep, a fraction of any big table. */
const maxRows = 600;

/** Statements whose work is as large as what they count or list. */
const exempt: readonly { readonly reason: string; readonly statement: RegExp }[] = [
  { reason: 'counts the slots of all pools', statement: /^SELECT o\.id, o\.category.* FROM slot_pools o LEFT JOIN/ },
  {
    reason: 'counts the slots that a project uses',
    statement: /^SELECT p\.id, p\.category, .* AS using FROM projects p/,
  },
  { reason: 'counts the slots that an account uses', statement: /^SELECT count\(\*\)::integer AS using FROM projects/ },
  {
    reason: 'gives an operator a thousand live sessions',
    statement: /"state" <> 'ended' order by .*"created_at" desc/,
  },
];

/** Reading all nodes is right when a statement has to look at each: whether it is silent. Nodes say so every few seconds. */
const readsEveryNode = /^select .* from "render_nodes" where .*"last_seen_at" </;

function countRows(plan: readonly string[]): number {
  let most = 0;
  let loops = 1;
  for (const line of plan) {
    const actual = /\(actual rows=(\d+) loops=(\d+)\)/.exec(line);
    if (actual !== null) loops = Number(actual[2]);
    const removed = /Rows Removed by (?:Filter|Join Filter|Index Recheck): (\d+)/.exec(line);
    most = Math.max(most, Number((actual ?? removed)?.[1] ?? 0) * loops);
  }
  return most;
}

/** What is wrong with a plan; null: nothing. */
export function findPlanProblem({ statement, plan }: QueryPlan): string | null {
  if (exempt.some((exception) => exception.statement.test(statement))) return null;
  const scanned = plan.find((line) => new RegExp(`Seq Scan on (${bigTables.join('|')})\\b`).test(line));
  if (scanned !== undefined) return `reads a table from end to end: ${scanned.trim()}`;
  const count = countRows(plan);
  if (count > maxRows && !readsEveryNode.test(statement)) return `looks at ${count} rows in one step`;
  return null;
}
