/** A change that somebody asks for. */
export interface AuditEvent {
  /** Epoch milliseconds at which it was asked for. */
  readonly at: number;
  /** Through the signed API, or by the operator's side door. */
  readonly actor: 'api' | 'operator';
  /** `''` when it concerns no single account. */
  readonly accountId: string;
  /** Key that signed; `''` for operators. */
  readonly secretId: string;
  readonly action: string;
  readonly requestId: string;
  readonly sourceAddress: string;
  /** Ids of what is to be changed. */
  readonly targets: readonly string[];
  /** Already without secrets. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** How a change ended. */
export interface AuditResult {
  /** `ok`, or the code of the refusal. */
  readonly outcome: string;
  readonly durationMs: number;
  /** Ids that became known only now, such as those of new rows. */
  readonly targets?: readonly string[];
}

/** Takes entries of the audit log. */
export interface AuditTrail {
  /**
   * Stores that a change is about to be made, so that also a crash in the middle leaves a trace. Rejects when it cannot be
   * stored: then the change must not be made.
   * @returns to be called once with the result, which is stored soon after.
   */
  begin(event: AuditEvent): Promise<(result: AuditResult) => void>;
  /** Notes a change that has been made; stored within a fraction of a second. For what is too frequent for {@link begin}. */
  record(event: AuditEvent, result: AuditResult): void;
  /** Resolves when everything that was noted is stored; what cannot be stored is written to the process's log. */
  flush(): Promise<void>;
  /** Entries that wait, and those that were lost to the log since the start. */
  readonly stats: { readonly waiting: number; readonly lost: number };
}

/** What is asked of the audit log; conditions that are given must all hold. */
export interface AuditQuery {
  readonly accountId?: string | undefined;
  readonly secretId?: string | undefined;
  readonly action?: string | undefined;
  readonly requestId?: string | undefined;
  /** An id that the change was about. */
  readonly target?: string | undefined;
  /** `ok`, a code, or `unknown` for changes that were begun and of whose end nothing is known. */
  readonly outcome?: string | undefined;
  /** Epoch milliseconds, inclusive. */
  readonly from?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  readonly to?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  /** Entries of a page, 1 to 1,000; default 100. */
  readonly limit?: number | undefined;
}

/** An entry of the audit log. */
export interface AuditEntry extends AuditEvent {
  readonly id: number;
  /** Null: begun, and nothing is known of the end. */
  readonly outcome: string | null;
  readonly durationMs: number | null;
}

/** Entries, newest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Null: there are no older ones. */
  readonly nextCursor: string | null;
}

/** Use cases around the audit log. */
export interface AuditServices {
  /** Where changes are noted. */
  readonly audit: AuditTrail;
  /** Throws AppError `audit-query-invalid`. */
  queryAuditLog(query: AuditQuery): Promise<AuditPage>;
  /** Removes entries that are older than the retention allows. */
  sweepAuditLog(): Promise<void>;
}
