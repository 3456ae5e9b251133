import {
  type MouseButtonName,
  type MouseDeltaMoveMessage,
  type MouseMoveMessage,
  type MouseMoveV2Message,
  pointerScale,
} from '@cloudstage/protocol';
import type { RemoteScreen } from '../channels/screen-state.js';

/** Size of the picture on the page, CSS pixels. */
export interface DisplaySize {
  readonly width: number;
  readonly height: number;
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Absolute position in 1/8192 of the picture; null while the picture has no size. PURE. */
export function encodeMoveV2(offsetX: number, offsetY: number, display: DisplaySize): MouseMoveV2Message | null {
  if (!(display.width > 0 && display.height > 0)) return null;
  const scale = (offset: number, size: number) => clamp(Math.round((pointerScale * offset) / size), 0, pointerScale);
  return { type: 'mousemove_v2', x: scale(offsetX, display.width), y: scale(offsetY, display.height) };
}

/** Absolute position in remote pixels; null until the remote screen is known. PURE. */
export function encodeMove(
  offsetX: number,
  offsetY: number,
  display: DisplaySize,
  screen: RemoteScreen | null,
): MouseMoveMessage | null {
  if (screen === null || !(display.width > 0 && display.height > 0)) return null;
  const scale = (offset: number, size: number, remote: number, origin: number) =>
    clamp(Math.round((offset * remote) / size), 0, Math.max(0, remote - 1)) + origin;
  return {
    type: 'mousemove',
    x: scale(offsetX, display.width, screen.width, screen.left),
    y: scale(offsetY, display.height, screen.height, screen.top),
  };
}

/** What rounding has kept back of earlier movements, remote pixels. */
export interface DeltaCarry {
  readonly x: number;
  readonly y: number;
}

/** Nothing kept back. */
export const noCarry: DeltaCarry = { x: 0, y: 0 };

/**
 * Relative movement: display pixels scaled to remote pixels and by the sensitivity, sent as integers; the fraction stays for
 * the next movement, so that slow movements are not lost. Null when there is no whole pixel yet. PURE.
 */
export function encodeDelta(
  carry: DeltaCarry,
  movement: { readonly x: number; readonly y: number },
  display: DisplaySize,
  screen: RemoteScreen | null,
  sensitivity: number,
): { readonly message: MouseDeltaMoveMessage | null; readonly carry: DeltaCarry } {
  const scaleX = screen !== null && display.width > 0 ? screen.width / display.width : 1;
  const scaleY = screen !== null && display.height > 0 ? screen.height / display.height : 1;
  const exactX = carry.x + movement.x * scaleX * sensitivity;
  const exactY = carry.y + movement.y * scaleY * sensitivity;
  const x = Math.trunc(exactX);
  const y = Math.trunc(exactY);
  return {
    message: x === 0 && y === 0 ? null : { type: 'mousedeltamove', x, y },
    carry: { x: exactX - x, y: exactY - y },
  };
}

const buttons: readonly MouseButtonName[] = ['mouseleft', 'mousemiddle', 'mouseright', 'mousebackward', 'mouseforward'];

/** Name of a DOM `MouseEvent.button`; null for buttons beyond the fifth. PURE. */
export function buttonName(button: number): MouseButtonName | null {
  return buttons[button] ?? null;
}

/** Bounds the sensitivity to the documented 0.01…100; null for anything else than a number. PURE. */
export function checkSensitivity(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? clamp(value, 0.01, 100) : null;
}
