import { AppError } from '@cloudstage/protocol';
import {
  type ClosedUsageKey,
  readClosedUsage,
  readUsageAcross,
  readUsageTotals,
  type UsageRange,
  type UsageRow,
} from '../../db/usage.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import type { SessionHistoryServices, UsageQuery } from './contract.js';
import { csvLine } from './csv.js';

const header = csvLine([
  'session_id',
  'account_id',
  'project_id',
  'application_id',
  'type',
  'region',
  'user_id',
  'kind',
  'started_at',
  'ended_at',
  'seconds',
]);

function rangeOf(deps: ServiceDeps, query: UsageQuery): UsageRange {
  const valid = Number.isSafeInteger(query.from) && Number.isSafeInteger(query.to) && query.from >= 0;
  if (!valid || query.from > query.to || query.to - query.from > serviceLimits.maxUsageRangeMs) {
    throw new AppError('query-invalid', 'usage is told for a time range of at most 366 days, its start before its end');
  }
  const to = Math.max(query.from, Math.min(query.to, deps.now()));
  return { accountId: query.accountId ?? null, projectId: query.projectId ?? null, from: query.from, to };
}

/** The record as it lies inside the range; exact to the millisecond. */
function lineOf(row: UsageRow, range: UsageRange): string {
  const startedAt = Math.max(row.startedAt, range.from);
  const endedAt = Math.min(row.endedAt, range.to);
  return csvLine([
    row.sessionId,
    row.accountId,
    row.projectId,
    row.applicationId,
    row.concurrencyType,
    row.region,
    row.userId ?? '',
    row.kind,
    new Date(startedAt).toISOString(),
    new Date(endedAt).toISOString(),
    ((endedAt - startedAt) / 1000).toFixed(3),
  ]);
}

async function* exportLines(deps: ServiceDeps, range: UsageRange): AsyncGenerator<string> {
  yield header;
  const { executor } = deps.database;
  const limit = serviceLimits.usagePage;
  let closedAfter: ClosedUsageKey | null = null;
  for (;;) {
    const page: readonly UsageRow[] = await readClosedUsage(executor, range, { after: closedAfter, limit });
    if (page.length > 0) yield page.map((row) => lineOf(row, range)).join('');
    closedAfter = page.at(-1) ?? null;
    if (page.length < limit) break;
  }
  let openAfter = '';
  for (;;) {
    const page: readonly UsageRow[] = await readUsageAcross(executor, range, { after: openAfter, limit });
    if (page.length > 0) yield page.map((row) => lineOf(row, range)).join('');
    openAfter = page.at(-1)?.sessionId ?? '';
    if (page.length < limit) break;
  }
}

/** Creates the use cases about usage records. Pages are read by key, so an export of any length takes constant memory. */
export function createUsageServices(
  deps: ServiceDeps,
): Pick<SessionHistoryServices, 'exportUsage' | 'readUsageTotals'> {
  return {
    exportUsage: (query) => exportLines(deps, rangeOf(deps, query)),
    readUsageTotals: async (query) => {
      const limit = serviceLimits.maxUsageTotals;
      const found = await readUsageTotals(deps.database.executor, rangeOf(deps, query), limit + 1);
      if (found.length > limit) {
        throw new AppError('too-many-totals', `there are more than ${limit} totals; ask for a shorter time`);
      }
      return found.map(({ idleMs, activeMs, ...total }) => ({
        ...total,
        milliseconds: { idle: idleMs, active: activeMs },
      }));
    },
  };
}
