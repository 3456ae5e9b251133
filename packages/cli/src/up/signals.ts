/** A second signal this soon after the first is the same key press: a terminal and `npm start` both pass it on. */
const samePressMs = 500;

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What signals do. */
export interface SignalActions {
  /** The first signal. */
  onFirst(): void;
  /** A later one: the user does not want to wait. `exitCode` is 128 + the signal's number. */
  onSecond(exitCode: number): void;
}

/** Watches for Ctrl-C, `kill` and a closed terminal until the returned function is called. */
export function watchSignals(actions: SignalActions): () => void {
  let firstAt: number | null = null;
  const handlers = endingSignals.map((signal) => {
    const handler = (_name: string, number: number): void => {
      const now = performance.now();
      if (firstAt === null) {
        firstAt = now;
        actions.onFirst();
      } else if (now - firstAt > samePressMs) actions.onSecond(128 + number);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const remove of handlers) remove();
  };
}
