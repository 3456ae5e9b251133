import { type DeltaCarry, encodeDelta, encodeMove, encodeMoveV2, noCarry } from '@cloudstage/client-core';
import type { InputMessage } from '@cloudstage/protocol';
import type { InputContext } from './input-context.js';

/** A movement: to a position on the picture, or by a distance; CSS pixels. */
export type Movement =
  | { readonly kind: 'absolute'; readonly x: number; readonly y: number }
  | { readonly kind: 'delta'; readonly x: number; readonly y: number };

/** Least distance of two moves: a 1000 Hz mouse must not fill the channel; a frame is 16 ms. */
const spacingMs = 4;

/** Joins a movement to a waiting one: distances add up, a later position replaces an earlier one. PURE. */
export function joinMovements(waiting: Movement | null, next: Movement): Movement {
  if (waiting?.kind !== 'delta' || next.kind !== 'delta') return next;
  return { kind: 'delta', x: waiting.x + next.x, y: waiting.y + next.y };
}

/** Sends movements at once, but not more often than every {@link spacingMs}. */
export class MoveSender {
  readonly #context: InputContext;
  #carry: DeltaCarry = noCarry;
  #waiting: Movement | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastSentAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: InputContext) {
    this.#context = context;
    context.signal.addEventListener('abort', () => this.#cancelTimer());
  }

  push(movement: Movement): void {
    if (this.#waiting !== null && this.#waiting.kind !== movement.kind) this.flush();
    this.#waiting = joinMovements(this.#waiting, movement);
    const waitMs = this.#lastSentAtMs + spacingMs - performance.now();
    if (waitMs <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), waitMs);
  }

  /** Sends what waits. Call before every button, wheel and key, so that they happen where the pointer is. */
  flush(): void {
    this.#cancelTimer();
    const movement = this.#waiting;
    this.#waiting = null;
    if (movement === null) return;
    const message = this.encode(movement);
    if (message === null) return;
    this.#lastSentAtMs = performance.now();
    this.#context.session.sendInput(message);
  }

  /** The message for a movement; null when it does not make a whole pixel, or the sizes are not known yet. */
  encode(movement: Movement): InputMessage | null {
    const { view, session, settings, options } = this.#context;
    const display = view.pictureRect();
    if (movement.kind === 'delta') {
      const { message, carry } = encodeDelta(this.#carry, movement, display, session.screen, settings.sensitivity);
      this.#carry = carry;
      return message;
    }
    return options.enableMousemoveV2 === false
      ? encodeMove(movement.x, movement.y, display, session.screen)
      : encodeMoveV2(movement.x, movement.y, display);
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
