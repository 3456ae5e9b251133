import { isAppError } from '@cloudstage/protocol';
import { annotateConfig } from '../config/annotate.js';
import { type LoadedConfig, loadConfig } from '../config/load.js';
import { limits } from '../limits.js';
import { createConsole } from '../up/console.js';
import { acquireInstanceLock } from '../up/instance-lock.js';
import { openLog } from '../up/log-file.js';
import { createClosingStack } from '../up/shutdown.js';
import { watchSignals } from '../up/signals.js';
import { startAll } from '../up/up.js';

/** Options of `cloudstage up`. */
export interface UpOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
}

/** Runs the all-in-one mode until a signal ends it. Resolves with the exit code, once everything is closed. */
export async function runUp(options: UpOptions): Promise<number> {
  const loaded = loadConfig({ file: options.config, environment: process.env, workingDir: process.cwd() });
  if (options.printConfig === true) {
    process.stdout.write(describeConfig(loaded));
    return 0;
  }
  const { config } = loaded;
  const console = createConsole(process.stdout);
  const lock = acquireInstanceLock(config.dataDir);
  const log = openLog({
    dataDir: config.dataDir,
    level: config.log.level,
    maxFileBytes: config.log.fileMegabytes * 1_000_000,
    keptFiles: config.log.keptFiles,
    userIp: config.log.userIp,
    writeConsole: (line) => console.line(line.trimEnd()),
  });
  for (const name of loaded.unknownEnvironmentNames) log.logger.warn(`${name} is set, but there is no such key`);
  const stop = new AbortController();
  const closing = createClosingStack({ logger: log.logger, stepMs: limits.closeStepMs });
  const stopWatching = watchSignals({
    onFirst: () => {
      console.line('Ending everything; Ctrl-C again to force it.');
      stop.abort();
    },
    onSecond: (code) => {
      console.line('Forced. What is still running is taken over, or ended, by the next start.');
      log.close();
      process.exit(code);
    },
  });
  const crash = watchForBugs((error) => {
    log.logger.fatal({ err: error }, 'unexpected error');
    stop.abort(error);
  });
  let exitCode = 0;
  try {
    await startAll({ config, logger: log.logger, console, closing, signal: stop.signal });
    await aborted(stop.signal);
  } catch (error) {
    exitCode = reportFailure(error, stop.signal, console.line);
    if (exitCode !== 0) log.logger.error({ err: error, shown: true }, 'start failed');
  }
  console.endStep();
  await closing.close();
  stopWatching();
  lock.release();
  console.line('Everything has ended.');
  log.close();
  return crash.seen() ? 1 : exitCode;
}

/** The effective configuration as an annotated file. */
function describeConfig({ config, file }: LoadedConfig): string {
  const from = file === null ? 'the defaults and the environment' : `the defaults, ${file} and the environment`;
  return annotateConfig({
    header: [`Configuration in force, from ${from}.`, 'Secrets are not shown.'],
    values: config,
  });
}

function reportFailure(error: unknown, signal: AbortSignal, write: (line: string) => void): number {
  // Ended by the user while it was starting.
  if (signal.aborted && error === signal.reason) return 0;
  write('');
  write(
    isAppError(error) ? error.message : `Unexpected error: ${error instanceof Error ? error.stack : String(error)}`,
  );
  return 1;
}

/** Errors that nobody caught are bugs: the instance ends in order and says so. */
function watchForBugs(onBug: (error: unknown) => void): { seen(): boolean } {
  let seen = false;
  const handle = (error: unknown): void => {
    seen = true;
    onBug(error);
  };
  process.on('uncaughtException', handle);
  process.on('unhandledRejection', handle);
  return { seen: () => seen };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
