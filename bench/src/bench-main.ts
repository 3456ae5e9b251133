import { isAppError } from '@cloudstage/protocol';

/** Runs a bench with this process's arguments; cleans up in reverse order, also after a failure and on Ctrl-C. Ends with 1 on failure. */
export function runBench(
  name: string,
  run: (args: readonly string[], cleanups: (() => Promise<unknown>)[]) => Promise<void>,
): void {
  const cleanups: (() => Promise<unknown>)[] = [];
  let cleaning: Promise<void> | null = null;
  const cleanUp = async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  };
  const cleanUpOnce = () => {
    cleaning ??= cleanUp();
    return cleaning;
  };
  const report = (error: unknown) => {
    const text = isAppError(error)
      ? `${error.code}: ${error.message}`
      : error instanceof Error
        ? error.stack
        : String(error);
    process.stderr.write(`${name}: ${text}\n`);
    process.exitCode = 1;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void cleanUpOnce().then(() => process.exit(1));
    });
  }
  run(process.argv.slice(2), cleanups).catch(report).finally(cleanUpOnce).catch(report);
}
