import type { EventMap, EventName } from './api-events.js';

type Handler = (response: never) => void;

interface Entry {
  readonly index: number;
  readonly handler: Handler;
  readonly once: boolean;
}

/** Handlers of one event; more is a page that registers in a loop. */
const maxHandlers = 1_000;

/** The SDK's event emitter. A handler that throws is reported to the page's error handling and disturbs nobody else. */
export class Emitter {
  readonly #entries = new Map<EventName, readonly Entry[]>();
  #lastIndex = 0;

  /** Adds a handler; the returned index removes it. */
  on<T extends EventName>(type: T, handler: (response: EventMap[T]) => void, once = false): number {
    this.#lastIndex += 1;
    const entries = this.#entries.get(type) ?? [];
    this.#entries.set(type, [...entries.slice(-(maxHandlers - 1)), { index: this.#lastIndex, handler, once }]);
    return this.#lastIndex;
  }

  /** Removes a handler by identity or by index. */
  off(type: EventName, handlerOrIndex: Handler | number): void {
    const entries = this.#entries.get(type) ?? [];
    this.#entries.set(
      type,
      entries.filter(({ index, handler }) => index !== handlerOrIndex && handler !== handlerOrIndex),
    );
  }

  offAll(type: EventName): void {
    this.#entries.delete(type);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Calls the handlers in the order of their registration. */
  trigger<T extends EventName>(type: T, response: EventMap[T]): void {
    for (const { index, handler, once } of this.#entries.get(type) ?? []) {
      if (once) this.off(type, index);
      guard(() => (handler as (response: EventMap[T]) => void)(response));
    }
  }
}

/** Runs a function of the page; what it throws appears as an uncaught error of the page. */
export function guard(run: () => void): void {
  try {
    run();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
