import { and, desc, eq, gte, isNull, lt, or, type SQL, sql } from 'drizzle-orm';
import { rows } from './rows.js';
import { type AuditRow, auditLog } from './schema/audit.js';
import type { Executor } from './schema.js';

/** An entry to be added; the database numbers it. */
export type NewAuditRow = Omit<AuditRow, 'id'>;

/** How a begun change ended. */
export interface AuditCompletion {
  readonly id: number;
  readonly outcome: string;
  readonly durationMs: number;
  readonly targets: readonly string[];
}

/** Adds entries, all in one statement of one parameter, whatever their number; their numbers are in no certain order. */
export async function insertAuditRows(executor: Executor, entries: readonly NewAuditRow[]): Promise<readonly number[]> {
  const inserted = await rows<{ id: number }>(
    executor,
    sql`INSERT INTO audit_log (at, actor, account_id, secret_id, action, request_id, source_address, targets, parameters,
          outcome, duration_ms)
        SELECT "at", "actor", "accountId", "secretId", "action", "requestId", "sourceAddress", "targets", "parameters",
          "outcome", "durationMs"
        FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) AS entry("at" bigint, "actor" text,
          "accountId" text, "secretId" text, "action" text, "requestId" text, "sourceAddress" text, "targets" jsonb,
          "parameters" jsonb, "outcome" text, "durationMs" bigint)
        RETURNING id::float8 AS id`,
  );
  return inserted.map((row) => row.id);
}

/** Writes how begun changes ended. */
export async function completeAuditRows(executor: Executor, completions: readonly AuditCompletion[]): Promise<void> {
  await executor.execute(
    sql`UPDATE audit_log SET outcome = done."outcome", duration_ms = done."durationMs", targets = done."targets"
        FROM jsonb_to_recordset(${JSON.stringify(completions)}::jsonb) AS done("id" bigint, "outcome" text,
          "durationMs" bigint, "targets" jsonb)
        WHERE audit_log.id = done."id"`,
  );
}

/** Conditions that all must hold. */
export interface AuditFilter {
  readonly accountId?: string | undefined;
  readonly secretId?: string | undefined;
  readonly action?: string | undefined;
  readonly requestId?: string | undefined;
  readonly target?: string | undefined;
  /** Null: changes whose end nobody knows. */
  readonly outcome?: string | null | undefined;
  /** Epoch milliseconds, inclusive. */
  readonly from?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly to?: number | undefined;
  /** Only entries older than this one. */
  readonly before?: { readonly at: number; readonly id: number } | undefined;
}

function conditionsOf(filter: AuditFilter): SQL | undefined {
  const { accountId, secretId, action, requestId, target, outcome, from, to, before } = filter;
  return and(
    accountId === undefined ? undefined : eq(auditLog.accountId, accountId),
    secretId === undefined ? undefined : eq(auditLog.secretId, secretId),
    action === undefined ? undefined : eq(auditLog.action, action),
    requestId === undefined ? undefined : eq(auditLog.requestId, requestId),
    target === undefined ? undefined : sql`${auditLog.targets} @> ${JSON.stringify([target])}::jsonb`,
    outcome === undefined ? undefined : outcome === null ? isNull(auditLog.outcome) : eq(auditLog.outcome, outcome),
    from === undefined ? undefined : gte(auditLog.at, from),
    to === undefined ? undefined : lt(auditLog.at, to),
    before === undefined
      ? undefined
      : or(lt(auditLog.at, before.at), and(eq(auditLog.at, before.at), lt(auditLog.id, before.id))),
  );
}

/** The newest entries that fit. */
export async function findAuditRows(executor: Executor, filter: AuditFilter, limit: number): Promise<AuditRow[]> {
  return executor
    .select()
    .from(auditLog)
    .where(conditionsOf(filter))
    .orderBy(desc(auditLog.at), desc(auditLog.id))
    .limit(limit);
}

/** Removes at most `limit` entries from before a time; how many there were. */
export async function deleteAuditRowsBefore(executor: Executor, before: number, limit: number): Promise<number> {
  const deleted = await rows<{ id: number }>(
    executor,
    // An array is looked up by index, whatever the server thinks of the limit.
    sql`DELETE FROM audit_log WHERE id = ANY (ARRAY(
          SELECT id FROM audit_log WHERE at < ${before} ORDER BY at LIMIT ${limit} FOR UPDATE SKIP LOCKED))
        RETURNING id::float8 AS id`,
  );
  return deleted.length;
}
