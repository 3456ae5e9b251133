import { AppError } from '@cloudstage/protocol';

/** PURE: arguments of benches. */

/** Reads a number. @throws AppError `arguments-invalid`. */
export function atLeast(name: string, text: string, minimum: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= minimum) return value;
  throw new AppError('arguments-invalid', `--${name} ${text} is not a number of at least ${minimum}`);
}

/**
 * Picks what an argument names. @returns in the order of `names`.
 * @throws AppError `arguments-invalid` that lists what there is.
 */
export function choose<T extends string>(name: string, known: readonly T[], names: readonly string[]): T[] {
  return names.map((wanted) => {
    const found = known.find((candidate) => candidate === wanted);
    if (found !== undefined) return found;
    throw new AppError('arguments-invalid', `--${name} ${wanted} is none of ${known.join(', ')}`);
  });
}
