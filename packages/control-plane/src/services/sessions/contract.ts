import type { SessionEndReason } from '@cloudstage/protocol';
import type { SessionStateName } from '../../domain/session-state.js';
import type { UsageKind } from '../../domain/usage.js';
import type { SessionSummary } from './list-sessions.js';

/** What to look for in the history; absent conditions hold. Times are epoch milliseconds. */
export interface SessionHistoryQuery {
  /** Absent: of all accounts. */
  readonly accountId?: string;
  readonly projectId?: string;
  readonly userId?: string;
  readonly nodeId?: string;
  /** Any of these. */
  readonly states?: readonly SessionStateName[];
  /** Any of these. */
  readonly endReasons?: readonly SessionEndReason[];
  /** Created at or after. */
  readonly from?: number;
  /** Created before. */
  readonly to?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  /** 1 to 200; absent: 50. */
  readonly limit?: number;
}

/** One page of the history, newest first. */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** Null: this is the last page. */
  readonly nextCursor: string | null;
}

/** Something that has happened to a session. */
export interface SessionEventSummary {
  readonly seq: number;
  readonly at: number;
  /** `created`, an event of the session machine, `guest-joined` or `guest-left`. */
  readonly type: string;
  /** State after it. */
  readonly state: SessionStateName;
  /** Reason and exit code of an end, user id of a guest; else empty. */
  readonly detail: string;
}

/** Everything about one session. */
export interface SessionDetail extends SessionSummary {
  readonly applicationVersionId: string;
  readonly userIp: string;
  readonly launchedAt: number | null;
  /** When its longest duration is over; null: it has none, or has not begun. */
  readonly expiresAt: number | null;
  readonly usage: { readonly idleMs: number; readonly activeMs: number };
  /** Oldest first, the last 1,000. */
  readonly events: readonly SessionEventSummary[];
}

/** An event of the feed. */
export interface FeedEvent extends SessionEventSummary {
  readonly sessionId: string;
  readonly accountId: string;
  /** Null: started before a user came. */
  readonly userId: string | null;
  readonly projectId: string;
  readonly nodeId: string;
}

/** Some events of the feed, in their order. */
export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Where to go on. */
  readonly cursor: string;
}

/** Use in `[from, to)`, epoch milliseconds; at most 366 days. */
export interface UsageQuery {
  /** Absent: of all accounts. */
  readonly accountId?: string;
  /** Absent: of all projects. */
  readonly projectId?: string;
  readonly from: number;
  /** A later time than now means now. */
  readonly to: number;
}

/** Use of one project on one day. */
export interface UsageTotal {
  readonly accountId: string;
  readonly projectId: string;
  /** UTC, `2026-01-31`. */
  readonly day: string;
  readonly milliseconds: Readonly<Record<UsageKind, number>>;
}

/** History and use of sessions, for operators. Everything may be narrowed to one account. */
export interface SessionHistoryServices {
  /** Throws AppError `query-invalid`. */
  querySessions(query: SessionHistoryQuery): Promise<SessionPage>;
  /** Null: there is no such session (of that account). */
  findSessionDetail(key: { readonly sessionId: string; readonly accountId?: string }): Promise<SessionDetail | null>;
  /**
   * What has happened since `cursor`, at most 1,000 events; without cursor nothing, but the cursor to go on from. Throws
   * AppError `query-invalid`.
   */
  readSessionFeed(query: { readonly cursor?: string; readonly accountId?: string }): Promise<FeedPage>;
  /** Usage records as CSV (RFC 4180), a few hundred lines at a time. Throws AppError `query-invalid`. */
  exportUsage(query: UsageQuery): AsyncIterable<string>;
  /** Totals by project and day. Throws AppError `query-invalid`, `too-many-totals`. */
  readUsageTotals(query: UsageQuery): Promise<readonly UsageTotal[]>;
}
