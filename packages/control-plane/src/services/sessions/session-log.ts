import type { Logger } from 'pino';

/** What names a session in the log; rows and commands have more. */
export interface LoggedSession {
  readonly id: string;
  readonly nodeId: string;
  readonly slotIndex: number;
  readonly accountId?: string;
  /** Null: nobody has claimed it yet. */
  readonly userId?: string | null;
}

/** A logger whose lines carry session, slot, node and, where known, account and user, always under the same names. */
export function sessionLogger(logger: Logger, session: LoggedSession): Logger {
  const { id, nodeId, slotIndex, accountId, userId } = session;
  return logger.child({
    sessionId: id,
    nodeId,
    slotIndex,
    ...(accountId === undefined ? {} : { accountId }),
    ...(userId === undefined || userId === null ? {} : { userId }),
  });
}
