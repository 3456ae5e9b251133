import { type Logger, pino } from 'pino';
import { observabilityLimits } from './limits.js';
import { type RedactOptions, redact, stripUrls } from './redact.js';

/** Level of detail of logs. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** Name of the process in every line. */
  readonly name: string;
  /** Where lines go; default standard output. */
  readonly destination?: LogDestination;
  /** False: addresses of users are blanked out. Default true. */
  readonly userIp?: boolean;
}

/** Takes the lines of a log. */
export interface LogDestination {
  /** Takes one line with its line break. */
  write(line: string): void;
}

/** Secrets that a child logger might be given by mistake. */
const bindingSecrets = ['token', 'reconnectToken', 'secretKey', 'clientSession', 'authorization', 'masterKey'];

/** Cuts the values of a failed statement, which may be anything that users send, off the text of its error. */
const withoutParameters = (text: string): string => text.replaceAll(/\nparams: .*?(?=\n {4}at |: |$)/gs, '');

/** An error as the log shows it: without the values that a statement had, and the rows that the database quotes. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { params: _params, detail: _detail, where: _where, raw: _raw, ...shown } = pino.stdSerializers.err(error);
  return {
    ...shown,
    message: withoutParameters(shown.message),
    stack: withoutParameters(shown.stack),
  };
}

/**
 * Creates the process's logger: JSON lines. Secrets are blanked out by the names of their fields at any depth, and cut out
 * of URLs wherever they stand in a line.
 */
export function createLogger(options: LoggerOptions): Logger {
  const bounds: RedactOptions = {
    userIp: options.userIp ?? true,
    maxTextChars: observabilityLimits.logTextChars,
    maxListItems: observabilityLimits.logListItems,
  };
  const clean = (fields: Record<string, unknown>) => ({ ...redact(fields, bounds) });
  const settings = {
    level: options.level,
    name: options.name,
    serializers: { err: serializeError },
    formatters: { log: clean },
    // The fields of child loggers do not pass the formatter.
    redact: { paths: [...bindingSecrets], censor: '[redacted]' },
    hooks: { streamWrite: stripUrls },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
