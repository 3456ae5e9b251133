import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, type LogLevel } from '@cloudstage/control-plane';
import { type Logger, pino } from 'pino';
import { limits } from '../limits.js';
import { createRepeatFilter, formatConsoleLine } from './console-line.js';

/** Options of {@link openLog}. */
export interface OpenLogOptions {
  readonly dataDir: string;
  readonly level: LogLevel;
  readonly maxFileBytes: number;
  readonly keptFiles: number;
  /** False: users' addresses are blanked out. */
  readonly userIp: boolean;
  /** Gets one line, with its end, for each message that an operator should see at once. */
  readonly writeConsole: (line: string) => void;
}

/** An open log. */
export interface OpenLog {
  readonly logger: Logger;
  readonly path: string;
  /** Writes what is buffered; to be called last. */
  close(): void;
}

/**
 * Opens `<dataDir>/logs/cloudstage.log` for everything, and the console for warnings and errors. Lines are written at once:
 * the last ones before a crash are those that matter.
 */
export function openLog(options: OpenLogOptions): OpenLog {
  const dir = join(options.dataDir, 'logs');
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'cloudstage.log');
  rotate(path, options.maxFileBytes, options.keptFiles);
  const file = pino.destination({ dest: path, sync: true, append: true, mode: 0o600 });
  const isNew = createRepeatFilter(limits.consoleRepeatMs, limits.consoleTexts);
  const consoleStream = {
    write: (line: string): void => {
      const text = formatConsoleLine(line);
      if (text !== '' && isNew(text, performance.now())) options.writeConsole(text);
    },
  };
  const destination = pino.multistream([
    { stream: file, level: 'trace' },
    { stream: consoleStream, level: 'warn' },
  ]);
  const logger = createLogger({ level: options.level, name: 'cloudstage', destination, userIp: options.userIp });
  return { logger, path, close: () => file.flushSync() };
}

/** Only at start: a log that grew too large is put aside under `.1`, older ones move up, the oldest goes. */
function rotate(path: string, maxFileBytes: number, keptFiles: number): void {
  if (!existsSync(path) || statSync(path).size <= maxFileBytes) return;
  rmSync(`${path}.${keptFiles}`, { force: true });
  for (let number = keptFiles - 1; number >= 1; number--) {
    if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`);
  }
  renameSync(path, `${path}.1`);
}
