import { isAppError } from '@cloudstage/protocol';

/** How to undo what a bench has begun, the first thing first. */
export type Cleanups = (() => Promise<unknown>)[];

/** Longer than the product takes to stop; what hangs is left then. */
const cleanUpMs = 60_000;

/** Has `undo` performed at the end of the bench, if it was not before. @returns performs it, once */
export function undoOnce(cleanups: Cleanups, undo: () => Promise<unknown>): () => Promise<unknown> {
  let done: Promise<unknown> | null = null;
  const once = () => {
    done ??= undo();
    return done;
  };
  cleanups.push(once);
  return once;
}

/**
 * Runs a bench with this process's arguments. However it ends, what it has begun is undone, the last thing first: at its end, after a failure, on
 * Ctrl-C and other signals that end a process, and when nobody reads its output any more (`| head`). Ends with 1 unless it came to its end.
 */
export function runBench(name: string, run: (args: readonly string[], cleanups: Cleanups) => Promise<void>): void {
  const cleanups: Cleanups = [];
  let isCutOff = false;
  const report = (error: unknown) => {
    const text = isAppError(error)
      ? `${error.code}: ${error.message}`
      : error instanceof Error
        ? error.stack
        : String(error);
    process.stderr.write(`${name}: ${text}\n`);
    process.exitCode = 1;
  };
  const cleanUp = async () => {
    // One after the other, also of those that come while this runs.
    for (let undo = cleanups.pop(); undo; undo = cleanups.pop()) await undo().catch(report);
  };
  const cutOff = () => {
    // Ctrl-C in a terminal may come twice: from it, and from who has started this.
    if (isCutOff) return;
    isCutOff = true;
    setTimeout(() => process.exit(1), cleanUpMs);
    void cleanUp().finally(() => process.exit(1));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, cutOff);
  // EPIPE, most of all. Without a listener it would end this process at once, and leave what it has started.
  for (const output of [process.stdout, process.stderr]) output.on('error', cutOff);
  process.on('uncaughtException', (error) => {
    if (!isCutOff) report(error);
    cutOff();
  });
  run(process.argv.slice(2), cleanups)
    // What fails while everything is being taken away fails because of that.
    .catch((error: unknown) => (isCutOff ? undefined : report(error)))
    .finally(() => (isCutOff ? undefined : cleanUp()))
    .catch(report);
}
