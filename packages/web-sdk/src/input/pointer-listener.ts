import {
  buttonName,
  clientLimits,
  encodeTouch,
  encodeWheel,
  initialWheelState,
  type TouchKind,
} from '@cloudstage/client-core';
import { type InputContext, isOurs } from './input-context.js';
import type { Movement, MoveSender } from './move-sender.js';

/** Listens to the mouse: moves, buttons, wheel. Gone when the context's signal aborts. */
export class PointerListener {
  readonly #context: InputContext;
  readonly #moves: MoveSender;
  /** Buttons that the server believes pressed: their release is sent wherever it happens. */
  readonly #pressed = new Set<number>();
  #wheel = initialWheelState;
  #rawMoves = false;

  constructor(context: InputContext, moves: MoveSender) {
    this.#context = context;
    this.#moves = moves;
    const { signal, settings } = context;
    const on = <K extends keyof DocumentEventMap>(type: K, handler: (event: DocumentEventMap[K]) => void) =>
      document.addEventListener(type, handler, { signal, passive: false });
    if (!context.mobile || context.options.enableMouseEventOnMobile === true) {
      on('mousedown', (event) => this.#onDown(event));
      on('mouseup', (event) => this.#onUp(event));
      if (settings.webDraftLevel > 0) on('pointermove', (event) => this.#onCoalesced(event));
      else {
        on('mousemove', (event) => this.#onMove(event));
        // Not held back for the next animation frame as mousemove is; secure pages in Chromium only.
        document.addEventListener('pointerrawupdate', (event) => this.#onRaw(event as PointerEvent), { signal });
      }
    }
    on('wheel', (event) => this.#onWheel(event));
    on('contextmenu', (event) => {
      if (event.target instanceof Node && context.view.elements.container.contains(event.target))
        event.preventDefault();
    });
  }

  /** Forgets pressed buttons; the server released them. */
  reset(): void {
    this.#pressed.clear();
  }

  #accepts(event: MouseEvent): boolean {
    if (!this.#context.settings.mouse) return false;
    // A drag goes on outside of the picture.
    return this.#pressed.size > 0 || isOurs(this.#context, event.target, 'pointer');
  }

  #position(event: MouseEvent): { readonly x: number; readonly y: number } {
    const { left, top, width, height } = this.#context.view.pictureRect();
    const clamp = (value: number, high: number) => Math.min(Math.max(value, 0), high);
    return { x: clamp(event.clientX - left, width), y: clamp(event.clientY - top, height) };
  }

  #movement(event: MouseEvent): Movement {
    if (this.#context.cursor.moves === 'delta') return { kind: 'delta', x: event.movementX, y: event.movementY };
    return { kind: 'absolute', ...this.#position(event) };
  }

  #track(movement: Movement): void {
    if (movement.kind === 'delta') this.#context.cursor.moveBy(movement.x, movement.y);
    else this.#context.cursor.moveTo(movement.x, movement.y);
  }

  #onRaw(event: PointerEvent): void {
    if (event.pointerType !== 'mouse' || this.#context.settings.interact === 'touch') return;
    // Raw updates carry no reliable distance: locked pointers are read from mousemove.
    if (this.#context.cursor.moves === 'delta' || !this.#accepts(event)) return;
    this.#rawMoves = true;
    this.#moves.push({ kind: 'absolute', ...this.#position(event) });
  }

  #onMove(event: MouseEvent): void {
    if (!this.#accepts(event)) return;
    if (this.#context.settings.interact === 'touch') {
      this.#sendTouch('touchmove', event);
      return;
    }
    const movement = this.#movement(event);
    this.#track(movement);
    if (movement.kind === 'delta' || !this.#rawMoves) this.#moves.push(movement);
  }

  #onCoalesced(event: PointerEvent): void {
    if (event.pointerType !== 'mouse' || !this.#accepts(event)) return;
    const { settings, session } = this.#context;
    const events = event.getCoalescedEvents?.() ?? [];
    const movements = (events.length === 0 ? [event] : events).map((each) => this.#movement(each));
    for (const movement of movements) this.#track(movement);
    const chosen =
      settings.webDraftLevel === 1 ? movements.slice(-3) : movements.slice(-clientLimits.keySequenceLength);
    const messages = chosen.map((movement) => this.#moves.encode(movement)).filter((message) => message !== null);
    if (settings.webDraftLevel === 2) {
      if (messages.length > 0) {
        session.sendInput({ type: 'key_seq', keys: messages.map((message) => JSON.stringify(message)) });
      }
      return;
    }
    for (const message of messages) session.sendInput(message);
  }

  #onDown(event: MouseEvent): void {
    const { settings, cursor, session } = this.#context;
    if (!settings.mouse || !isOurs(this.#context, event.target, 'pointer')) return;
    // Back and forward would leave the page.
    if (event.button === 3 || event.button === 4) event.preventDefault();
    this.#pressed.add(event.button);
    if (settings.interact === 'touch') {
      this.#sendTouch('touchstart', event);
      return;
    }
    cursor.tryLock();
    const type = buttonName(event.button);
    if (type === null) return;
    if (cursor.moves === 'absolute') this.#moves.push({ kind: 'absolute', ...this.#position(event) });
    this.#moves.flush();
    session.sendInput({ type, down: true });
  }

  #onUp(event: MouseEvent): void {
    if (!this.#pressed.delete(event.button)) return;
    const { settings, session } = this.#context;
    if (event.button === 3 || event.button === 4) event.preventDefault();
    if (settings.interact === 'touch') {
      if (this.#pressed.size === 0) this.#sendTouch('touchend', event);
      return;
    }
    const type = buttonName(event.button);
    if (type === null) return;
    this.#moves.flush();
    session.sendInput({ type, down: false });
  }

  #sendTouch(kind: TouchKind, event: MouseEvent): void {
    const { session, view } = this.#context;
    if (kind === 'touchmove' && this.#pressed.size === 0) return;
    const message = encodeTouch(0, kind, this.#position(event), view.pictureRect(), session.screen, Date.now());
    if (message !== null) session.sendInput(message);
  }

  #onWheel(event: WheelEvent): void {
    const { settings, session, mac } = this.#context;
    if (!settings.mouse || !isOurs(this.#context, event.target, 'pointer')) return;
    event.preventDefault();
    const { deltaX, deltaY, deltaMode } = event;
    const step = encodeWheel(this.#wheel, { deltaX, deltaY, deltaMode, atMs: event.timeStamp }, session.screen, mac);
    this.#wheel = step.state;
    if (step.message === null) return;
    this.#moves.flush();
    session.sendInput(step.message);
  }
}
