import { readdirSync, readFileSync } from 'node:fs';

/** A process that can be found again: process ids are reused, the pair with the start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of `/proc/<pid>/stat`. */
  readonly startTimeTicks: number;
}

/** What the node needs of `/proc/<pid>/stat`. */
export interface ProcessStat {
  readonly state: string;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  readonly startTimeTicks: number;
}

/** Parses `/proc/<pid>/stat`; the command may hold spaces and parentheses. Null when the text is cut. @see proc(5) */
export function parseProcessStat(text: string): ProcessStat | null {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [state, parentPid, groupId, sessionId] = fields;
  const startTimeTicks = Number(fields[19]);
  if (end < 0 || !state || !Number.isInteger(startTimeTicks) || fields.length < 20) return null;
  return {
    state,
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    sessionId: Number(sessionId),
    startTimeTicks,
  };
}

/** Stat of a process, or null when there is none (a zombie counts as none: nobody may be there to reap it). */
export function readProcessStat(pid: number): ProcessStat | null {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : null;
  } catch {
    return null;
  }
}

/** Identity of a live process, or null. */
export function readProcessIdentity(pid: number): ProcessIdentity | null {
  const stat = readProcessStat(pid);
  return stat ? { pid, startTimeTicks: stat.startTimeTicks } : null;
}

/** True while exactly that process lives. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  return readProcessStat(identity.pid)?.startTimeTicks === identity.startTimeTicks;
}

/**
 * Live processes that have `name=value` in their start environment: how leftovers of a killed agent are found even when no
 * record names them. Sees only processes that this user may inspect.
 */
export function findMarkedProcesses(name: string, value: string): readonly number[] {
  const wanted = `${name}=${value}`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted) && readProcessStat(pid) !== null
        );
      } catch {
        return false;
      }
    });
}
