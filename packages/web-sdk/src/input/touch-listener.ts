import { assignFinger, encodeMove, encodeTouch, type FingerSlots, type TouchKind } from '@cloudstage/client-core';
import type { TouchResponse } from '../api-events.js';
import type { InputContext } from './input-context.js';

/** Two touches within this time are a double tap. */
const doubleTapMs = 300;
/** An ended touch stays in the list of events this long, as the official SDK has it: pages look for the pair. */
const endedTouchMs = 100;

/**
 * Listens to fingers. In touch mode they are sent as they are; else they are reported to the page, which decides what they mean
 * (`mouseMove`, buttons). Gone when the context's signal aborts.
 */
export class TouchListener {
  readonly #context: InputContext;
  readonly #touches = new Map<number, TouchResponse>();
  #fingers: FingerSlots = new Map();
  #taps: TouchResponse[] = [];

  constructor(context: InputContext) {
    this.#context = context;
    const { signal } = context;
    for (const type of ['touchstart', 'touchmove', 'touchend', 'touchcancel'] as const) {
      context.view.elements.container.addEventListener(type, (event) => this.#onTouch(event), {
        signal,
        passive: false,
      });
    }
    // Pinching must not zoom the page.
    document.addEventListener('gesturestart', (event) => event.preventDefault(), { signal });
  }

  #onTouch(event: TouchEvent): void {
    const { settings, mobile } = this.#context;
    const touchMode = settings.interact === 'touch';
    // Without this, the browser repeats the touch as a mouse.
    if ((touchMode || mobile) && event.cancelable) event.preventDefault();
    const kind = event.type as TouchKind;
    const ended = kind === 'touchend' || kind === 'touchcancel';
    for (const touch of ended || touchMode ? event.changedTouches : event.targetTouches) {
      if (touchMode) this.#send(touch, kind, event.timeStamp);
      this.#remember(touch, kind);
    }
    if (!touchMode) this.#context.trigger('TouchEvent', [...this.#touches.values()]);
  }

  #send(touch: Touch, kind: TouchKind, timestamp: number): void {
    const { view, session, cursor } = this.#context;
    const { left, top, width, height } = view.pictureRect();
    const { slots, finger } = assignFinger(this.#fingers, touch.identifier, kind);
    this.#fingers = slots;
    if (finger === null) return;
    const position = { x: touch.clientX - left, y: touch.clientY - top };
    cursor.moveTo(position.x, position.y);
    const message = encodeTouch(finger, kind, position, { width, height }, session.screen, timestamp);
    if (message !== null) session.sendInput(message);
  }

  #remember(touch: Touch, kind: TouchKind): void {
    const { view, session, settings } = this.#context;
    const rect = view.pictureRect();
    const { screen } = session;
    const at = encodeMove(touch.clientX - rect.left, touch.clientY - rect.top, rect, screen);
    const x = (at?.x ?? 0) - (screen?.left ?? 0);
    const y = (at?.y ?? 0) - (screen?.top ?? 0);
    const before = this.#touches.get(touch.identifier);
    const response: TouchResponse = {
      id: touch.identifier,
      type: kind,
      x,
      y,
      pageX: touch.pageX,
      pageY: touch.pageY,
      movementX: before === undefined ? 0 : (x - before.x) / settings.sensitivity,
      movementY: before === undefined ? 0 : (y - before.y) / settings.sensitivity,
    };
    this.#touches.set(touch.identifier, response);
    if (kind === 'touchend' || kind === 'touchcancel') {
      setTimeout(() => {
        if (this.#touches.get(touch.identifier) === response) this.#touches.delete(touch.identifier);
      }, endedTouchMs);
    }
    if (kind === 'touchstart' && before?.type !== 'touchstart') this.#tap(response);
  }

  #tap(response: TouchResponse): void {
    this.#taps.push(response);
    if (this.#taps.length > 1) {
      this.#context.trigger('DoubleTap', this.#taps);
      this.#taps = [];
      return;
    }
    setTimeout(() => {
      this.#taps = [];
    }, doubleTapMs);
  }
}
