import { type DeltaCarry, encodeDelta, encodeMove, encodeMoveV2, noCarry } from '@cloudstage/client-core';
import type { SdkCore } from './sdk-core.js';

/** The pointer as a page moves it with a finger (`TCGSDK.mouseMove`). */
export interface TouchPointer {
  /** `type` is that of a touch event; positions are page coordinates, CSS pixels. */
  move(type: string, pageX: number, pageY: number): void;
}

/** While the server shows its cursor, positions are sent; while it hides it, the distances between them. */
export function createTouchPointer(core: SdkCore): TouchPointer {
  let last: { readonly x: number; readonly y: number } | null = null;
  let carry: DeltaCarry = noCarry;

  return {
    move(type, pageX, pageY) {
      const { view, cursor, session, settings, options } = core;
      if (view === null || cursor === null) return;
      const display = view.pictureRect();
      const x = pageX - window.scrollX - display.left;
      const y = pageY - window.scrollY - display.top;
      const before = type === 'touchstart' ? null : last;
      last = type === 'touchend' || type === 'touchcancel' ? null : { x, y };
      if (last === null) return;
      cursor.moveTo(x, y);
      if (cursor.shown) {
        const message =
          options?.enableMousemoveV2 === false
            ? encodeMove(x, y, display, session.screen)
            : encodeMoveV2(x, y, display);
        if (message !== null) session.sendInput(message);
        return;
      }
      if (before === null) return;
      const movement = { x: x - before.x, y: y - before.y };
      const step = encodeDelta(carry, movement, display, session.screen, settings.sensitivity);
      carry = step.carry;
      if (step.message !== null) session.sendInput(step.message);
    },
  };
}
