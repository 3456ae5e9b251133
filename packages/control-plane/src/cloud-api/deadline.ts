/** Result of {@link withDeadline}. */
export type Timed<T> = { readonly type: 'done'; readonly value: T } | { readonly type: 'late' };

/**
 * Waits for `work` no longer than `timeoutMs`. Work that is late cannot be stopped; should it fail afterwards, `onLateError`
 * is told, so that the failure is neither lost nor an unhandled rejection.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  timeoutMs: number,
  onLateError: (error: unknown) => void,
): Promise<Timed<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Timed<T>>((resolve) => {
    timer = setTimeout(() => {
      work.catch(onLateError);
      resolve({ type: 'late' });
    }, timeoutMs);
  });
  try {
    return await Promise.race([work.then((value): Timed<T> => ({ type: 'done', value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
