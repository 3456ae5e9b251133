import { AppError } from '@cloudstage/protocol';
import { type FeedPosition, listSessionEvents, readFeed, readFeedEnd } from '../../db/session-events.js';
import { querySessionRows } from '../../db/session-history.js';
import { findSession } from '../../db/sessions.js';
import { readSessionUsage } from '../../db/usage.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import type { SessionHistoryServices } from './contract.js';
import { toSessionSummary } from './list-sessions.js';

/** Page size when none is asked for. */
const defaultPage = 50;

const invalid = (message: string) => new AppError('query-invalid', message);

function parseListCursor(text: string): { readonly createdAt: number; readonly id: string } {
  const match = /^(\d{1,15})\.([a-z0-9-]{1,64})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) throw invalid('the cursor is not one of a session list');
  return { createdAt: Number(match[1]), id: match[2] };
}

function parseFeedCursor(text: string): FeedPosition {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text);
  if (match === null) throw invalid('the cursor is not one of the event feed');
  return { transactionId: Number(match[1]), seq: Number(match[2]) };
}

function createQuerySessions(deps: ServiceDeps): SessionHistoryServices['querySessions'] {
  return async ({ cursor, limit = defaultPage, ...conditions }) => {
    if (!Number.isInteger(limit) || limit < 1 || limit > serviceLimits.maxSessionPage) {
      throw invalid(`a page has 1 to ${serviceLimits.maxSessionPage} sessions`);
    }
    const after = cursor === undefined ? undefined : parseListCursor(cursor);
    const found = await querySessionRows(deps.database.executor, { ...conditions, after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      sessions: page.map(toSessionSummary),
      nextCursor: found.length > limit && last !== undefined ? `${last.createdAt}.${last.id}` : null,
    };
  };
}

function createFindSessionDetail(deps: ServiceDeps): SessionHistoryServices['findSessionDetail'] {
  return async ({ sessionId, accountId }) => {
    const { executor } = deps.database;
    const row = await findSession(executor, sessionId);
    if (row === null || (accountId !== undefined && row.accountId !== accountId)) return null;
    const events = await listSessionEvents(executor, { sessionId, limit: serviceLimits.maxEventPage });
    return {
      ...toSessionSummary(row),
      applicationVersionId: row.applicationVersionId,
      userIp: row.userIp,
      launchedAt: row.launchedAt,
      expiresAt: row.expiresAt,
      usage: await readSessionUsage(executor, sessionId, deps.now()),
      events: events.map(({ seq, at, type, state, detail }) => ({ seq, at, type, state, detail })),
    };
  };
}

function createReadSessionFeed(deps: ServiceDeps): SessionHistoryServices['readSessionFeed'] {
  return async ({ cursor, accountId }) => {
    const { executor } = deps.database;
    const asked = cursor === undefined ? null : parseFeedCursor(cursor);
    const end = await readFeedEnd(executor);
    // A place that lies in the future is one of another server, before a restore: go on from now.
    const after = asked === null || asked.transactionId > end.transactionId ? end : asked;
    const limit = serviceLimits.maxEventPage;
    const found = asked === null ? [] : await readFeed(executor, { after, accountId: accountId ?? null, limit });
    const last = found.at(-1) ?? after;
    return {
      events: found.map(({ transactionId: _transaction, ...event }) => event),
      cursor: `${last.transactionId}.${last.seq}`,
    };
  };
}

/** Creates the use cases about the history of sessions. */
export function createHistoryServices(
  deps: ServiceDeps,
): Pick<SessionHistoryServices, 'querySessions' | 'findSessionDetail' | 'readSessionFeed'> {
  return {
    querySessions: createQuerySessions(deps),
    findSessionDetail: createFindSessionDetail(deps),
    readSessionFeed: createReadSessionFeed(deps),
  };
}
