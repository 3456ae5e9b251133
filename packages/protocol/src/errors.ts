/**
 * Errors and assertions every package shares.
 *
 * Three kinds of failure (ARCHITECTURE.md, "Failures"): an expected outcome is a returned union; an operating failure is
 * a thrown {@link AppError}; a bug is an assertion.
 */

/** Options of {@link AppError}. */
export interface AppErrorOptions {
  /** The error that led to this one, kept for logs and never shown to a caller of the API. */
  readonly cause?: unknown;
  /** Facts for the log and for error mapping; must hold no secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An operating failure with a stable machine-readable code.
 *
 * `code` is kebab-case and unique for its meaning (`deadline-exceeded`, `package-unavailable`); `message` says what was
 * wrong and what to do about it.
 */
export class AppError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** True for an {@link AppError}, with `code` when one is given. */
export function isAppError(error: unknown, code?: string): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}

/** A bug, not an operating failure: an invariant of the program does not hold. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionError';
  }
}

/** Throws {@link AssertionError} when `condition` is false. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a `switch` as exhaustive; reaching it at run time is a bug. */
export function assertNever(value: never, what = 'value'): never {
  throw new AssertionError(`unexpected ${what}: ${JSON.stringify(value)}`);
}
