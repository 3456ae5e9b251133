/** Bounds of database work, each with its reason. Times are milliseconds. */
export const dbLimits = {
  /** Times a transaction is repeated after a serialisation failure or deadlock: both are races that the next try wins. */
  maxTransactionAttempts: 4,
  /** Connections to PostgreSQL: a control plane's transactions are short, more only queue inside the server. */
  maxConnections: 16,
  /** A connection that cannot be had by then means the database is down. */
  connectMs: 5_000,
  /** No statement of ours takes longer unless something is stuck. */
  statementMs: 10_000,
  /** Rows one sweep takes at a time: keeps its transactions short. */
  sweepBatch: 64,
  /** Rows of a listing. */
  listRows: 1_000,
  /** Rows of old history deleted in one statement: keeps locks short; what is left goes with the next sweep. */
  historyBatch: 500,
} as const;
