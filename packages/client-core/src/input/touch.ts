import type { TouchMessage } from '@cloudstage/protocol';
import type { RemoteScreen } from '../channels/screen-state.js';
import { type DisplaySize, encodeMove } from './pointer.js';

/** Kind of a touch event. */
export type TouchKind = 'touchstart' | 'touchmove' | 'touchend' | 'touchcancel';

const eventTypes: Readonly<Record<TouchKind, 0 | 1 | 2>> = { touchstart: 0, touchmove: 1, touchend: 2, touchcancel: 2 };

/** Finger numbers by the browser's touch identifier. */
export type FingerSlots = ReadonlyMap<number, number>;

/** Gives a new touch the smallest free finger number, and frees it at its end. PURE. */
export function assignFinger(
  slots: FingerSlots,
  identifier: number,
  kind: TouchKind,
): { readonly slots: FingerSlots; readonly finger: number | null } {
  const known = slots.get(identifier);
  if (kind === 'touchstart' && known === undefined) {
    const used = new Set(slots.values());
    let finger = 0;
    while (used.has(finger)) finger += 1;
    return { slots: new Map(slots).set(identifier, finger), finger };
  }
  if (known === undefined) return { slots, finger: null };
  if (kind === 'touchstart' || kind === 'touchmove') return { slots, finger: known };
  const next = new Map(slots);
  next.delete(identifier);
  return { slots: next, finger: known };
}

/** Encodes a finger, relative to the picture; null until the remote screen is known. PURE. */
export function encodeTouch(
  finger: number,
  kind: TouchKind,
  position: { readonly x: number; readonly y: number },
  display: DisplaySize,
  screen: RemoteScreen | null,
  timestamp: number,
): TouchMessage | null {
  const move = encodeMove(position.x, position.y, display, screen);
  if (move === null || screen === null) return null;
  return {
    type: 'event_touch',
    finger_id: finger,
    event_type: eventTypes[kind],
    x: move.x - screen.left,
    y: move.y - screen.top,
    width: screen.width,
    height: screen.height,
    timestamp,
  };
}
