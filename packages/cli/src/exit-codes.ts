import { isAppError } from '@cloudstage/protocol';

/** Exit codes of the command, for scripts. */
export const exitCodes = {
  done: 0,
  /** The request was understood and refused, or it failed. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Nothing answers: no instance runs, or the network fails. */
  unreachable: 3,
  /** The key is wrong, disabled, or may not do this. */
  unauthorized: 4,
  /** Ended by Ctrl-C. */
  interrupted: 130,
  /** Whoever read the output went away, as `head` does; what shells call a program that SIGPIPE has ended. */
  outputClosed: 141,
} as const;

const usageErrors: readonly string[] = [
  'option-invalid',
  'config-invalid',
  'cli-config-invalid',
  'credentials-missing',
];
const reachErrors: readonly string[] = ['not-running', 'admin-failed', 'cloud-api-unreachable', 'deadline-exceeded'];

/** Exit code for what a command threw. PURE. */
export function exitCodeOf(error: unknown): number {
  if (!isAppError(error)) return exitCodes.failed;
  if (error.code === 'interrupted') return exitCodes.interrupted;
  if (usageErrors.includes(error.code)) return exitCodes.usage;
  if (reachErrors.includes(error.code)) return exitCodes.unreachable;
  const refused = error.code.startsWith('AuthFailure') || error.code === 'UnauthorizedOperation';
  return refused ? exitCodes.unauthorized : exitCodes.failed;
}
