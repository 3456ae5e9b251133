import type { SessionEndReason } from '@cloudstage/protocol';
import type { SessionRow } from '../../db/schema.js';
import { listSessions } from '../../db/sessions.js';
import type { SessionStateName } from '../../domain/session-state.js';
import type { ServiceDeps } from '../deps.js';

/** A session as operators see it. Times are epoch milliseconds. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly accountId: string;
  /** Null: a prelaunched program that nobody has claimed. */
  readonly userId: string | null;
  readonly projectId: string;
  readonly applicationId: string;
  readonly nodeId: string;
  readonly slotIndex: number;
  readonly state: SessionStateName;
  readonly deadlineAt: number | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly endReason: SessionEndReason | null;
  readonly exitCode: number | null;
}

/** Lists sessions, newest first, at most 1,000. */
export type ListSessions = (options?: { readonly includeEnded?: boolean }) => Promise<readonly SessionSummary[]>;

/** What operators see of a row. */
export function toSessionSummary(row: SessionRow): SessionSummary {
  return {
    sessionId: row.id,
    accountId: row.accountId,
    userId: row.userId,
    projectId: row.projectId,
    applicationId: row.applicationId,
    nodeId: row.nodeId,
    slotIndex: row.slotIndex,
    state: row.state,
    deadlineAt: row.deadlineAt,
    createdAt: row.createdAt,
    endedAt: row.endedAt,
    endReason: row.endReason,
    exitCode: row.exitCode,
  };
}

/** Creates the listing. */
export function createListSessions(deps: ServiceDeps): ListSessions {
  return async (options = {}) => {
    const found = await listSessions(deps.database.executor, { includeEnded: options.includeEnded ?? false });
    return found.map(toSessionSummary);
  };
}
