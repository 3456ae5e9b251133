/** Watches calls, for metrics. */
export interface ApiObserver {
  /**
   * A call has arrived.
   * @returns to be called once at its end, with the public name of the action (any text that a caller sent, or `''`) and
   * `ok` or the code of the refusal.
   */
  callStarted(): (action: string, code: string) => void;
}

/** Watches nothing. */
export const noObserver: ApiObserver = { callStarted: () => () => undefined };
