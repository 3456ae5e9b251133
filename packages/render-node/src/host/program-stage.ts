import { hostLimits } from './limits.js';

/**
 * A shell of the agent's own, never of a program: closes every descriptor that some ancestor of the agent left open, then runs
 * the command with its output in `$log`, which becomes `$log.1` when it is full. A file handed to the program directly would
 * have no bound between two looks at its size, and a pipe to the agent would not outlive the agent.
 *
 * Bash, because other shells close single-digit descriptors only; its own is 255. `head` is unbuffered, so that the last words
 * of a program that crashes are in the log.
 */
const stageScript = `log=$1 bytes=$2 keep=$3 title=$4; shift 4
for fd in /proc/$$/fd/*; do
  fd=\${fd##*/}
  if [ "$fd" -gt "$keep" ] && [ "$fd" -ne 255 ]; then eval "exec $fd>&-"; fi
done
record() {
  umask 077
  while stdbuf -o0 head -c "$bytes" >> "$log" && [ "$(stat -c %s "$log")" -ge "$bytes" ]; do mv -f "$log" "$log.1"; done
}
{ printf -- '--- %(%FT%TZ)T %s\\n' -1 "$title"; exec "$@"; } 2>&1 | record 3>&- 4>&-`;

/** Parameters of {@link programStage}. */
export interface ProgramStageOptions {
  /** Gets the output of the command, after one line with time and title. At most two files, of twice `logBytes` each. */
  readonly logPath: string;
  readonly logBytes?: number;
  /** The highest descriptor that the command inherits. */
  readonly lastFd: number;
  readonly title: string;
}

/**
 * Prefixes `argv` so that its output is kept within bounds and no descriptor above `lastFd` reaches it. The stage ends after
 * the command, when everything that was written is in the log.
 */
export function programStage(options: ProgramStageOptions, argv: readonly string[]): readonly string[] {
  const bytes = String(options.logBytes ?? hostLimits.programLogBytes);
  const parameters = [options.logPath, bytes, String(options.lastFd), options.title];
  return ['/bin/bash', '-c', stageScript, 'program-stage', ...parameters, ...argv];
}
