import { open } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { NodeResult } from '@cloudstage/protocol';
import { agentLimits } from './limits.js';
import { refuse } from './refusal.js';
import type { SlotEnvironment } from './slot-environment.js';

/** A session's end because its program ended, as the control plane, the player and the log are told. */
export interface ProgramEnd {
  readonly sessionId: string;
  readonly reason: 'program-exit' | 'program-crash';
  readonly exitCode: number | null;
  /** For the player. */
  readonly farewell: string;
  /** For logs and operators. */
  readonly explanation: string;
}

function explain(exitCode: number | null): string {
  if (exitCode === null) return 'it was killed';
  const signal = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0];
  if (signal === 'SIGKILL') return `exit code ${exitCode} (SIGKILL: most likely it reached its memory limit)`;
  return `exit code ${exitCode}${signal ? ` (${signal})` : ''}`;
}

/** What the exit code of a program means; 128 + signal number for a signal, null when nobody saw the end. PURE. */
export function programEnd(sessionId: string, exitCode: number | null): ProgramEnd {
  const explanation = explain(exitCode);
  return exitCode === 0
    ? { sessionId, reason: 'program-exit', exitCode, farewell: 'the program has ended', explanation }
    : { sessionId, reason: 'program-crash', exitCode, farewell: 'the program has crashed', explanation };
}

/** Begins each run in a program's log. */
const runTitle = /^--- \d{4}-\d\d-\d\dT[\d:]+Z /;

/** The last lines of the last run's output, for the log; a bounded part of the file is read. Empty when there is none. */
export async function lastOutput(logPath: string): Promise<readonly string[]> {
  const file = await open(logPath, 'r').catch(() => null);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, agentLimits.lastOutputBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').trimEnd().split('\n');
    return lines.slice(lines.findLastIndex((line) => runTitle.test(line)) + 1).slice(-agentLimits.lastOutputLines);
  } finally {
    await file.close();
  }
}

/** Tells operators how a program ended and what it said last. Never throws. */
export async function logProgramEnd(slot: Pick<SlotEnvironment, 'logger' | 'paths'>, end: ProgramEnd): Promise<void> {
  const { farewell: _forPlayers, ...facts } = end;
  try {
    slot.logger.info({ ...facts, output: await lastOutput(join(slot.paths.logDir, 'program.log')) }, 'program ended');
  } catch (error) {
    slot.logger.warn({ ...facts, err: error }, 'program ended; its output cannot be read');
  }
}

/**
 * The refusal of a `session.connect` that failed because the program was gone before the answer: not `session-ending`, which
 * invites the caller to try again. Null when the failure is another. PURE.
 */
export function endedWhileStarting<T>(end: ProgramEnd | null, sessionId: string): NodeResult<T> | null {
  if (end?.sessionId !== sessionId) return null;
  return refuse('internal', `the program ended while it was being started: ${end.explanation}`);
}
