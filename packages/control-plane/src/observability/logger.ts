import { type Logger, pino } from 'pino';

/** Level of detail of logs. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** Name of the process in every line. */
  readonly name: string;
  /** Where lines go; default standard output. */
  readonly destination?: LogDestination;
}

/** Takes the lines of a log. */
export interface LogDestination {
  /** Takes one line with its line break. */
  write(line: string): void;
}

/** Fields that no log may show, at the top and up to three levels down: secrets, and SDPs with users' addresses. */
const secretFields = [
  'secretKey',
  'SecretKey',
  'masterKey',
  'token',
  'reconnectToken',
  'clientSession',
  'serverSession',
  'ClientSession',
  'ServerSession',
  'authorization',
  'Authorization',
  'Signature',
];

/** Creates the process's logger: JSON lines with secrets blanked out. */
export function createLogger(options: LoggerOptions): Logger {
  const paths = secretFields.flatMap((field) => ['', '*.', '*.*.', '*.*.*.'].map((prefix) => prefix + field));
  const settings = { level: options.level, name: options.name, redact: { paths, censor: '[redacted]' } };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
