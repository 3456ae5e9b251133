import { AppError } from '@cloudstage/protocol';
import { deleteAuditRowsBefore, findAuditRows } from '../../db/audit.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import { createAuditTrail } from './audit-trail.js';
import type { AuditServices } from './contract.js';

function parseCursor(cursor: string): { readonly at: number; readonly id: number } {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor);
  if (match === null) throw new AppError('audit-query-invalid', 'the cursor is not one that a page of entries gave');
  return { at: Number(match[1]), id: Number(match[2]) };
}

function createQuery(deps: ServiceDeps): AuditServices['queryAuditLog'] {
  return async ({ cursor, limit = serviceLimits.auditPage, outcome, ...filter }) => {
    if (!Number.isInteger(limit) || limit < 1 || limit > serviceLimits.maxAuditPage) {
      throw new AppError('audit-query-invalid', `a page has 1 to ${serviceLimits.maxAuditPage} entries`);
    }
    // One more than asked for tells whether there is another page.
    const found = await findAuditRows(
      deps.database.executor,
      {
        ...filter,
        outcome: outcome === 'unknown' ? null : outcome,
        before: cursor === undefined ? undefined : parseCursor(cursor),
      },
      limit + 1,
    );
    const entries = found.slice(0, limit);
    const last = found.length > limit ? entries.at(-1) : undefined;
    return { entries, nextCursor: last === undefined ? null : `${last.at}.${last.id}` };
  };
}

/** Removes in small transactions, a bounded number of them: the rest waits for the next sweep. */
function createSweepAuditLog(deps: ServiceDeps): AuditServices['sweepAuditLog'] {
  return async () => {
    const before = deps.now() - deps.settings.auditRetentionMs;
    for (let batch = 0; batch < serviceLimits.auditSweepBatches; batch += 1) {
      const removed = await deleteAuditRowsBefore(deps.database.executor, before, serviceLimits.auditSweepRows);
      if (removed < serviceLimits.auditSweepRows) return;
    }
  };
}

/** Builds the use cases of the audit log. */
export function createAuditServices(deps: ServiceDeps): AuditServices {
  return {
    audit: createAuditTrail(deps),
    queryAuditLog: createQuery(deps),
    sweepAuditLog: createSweepAuditLog(deps),
  };
}
