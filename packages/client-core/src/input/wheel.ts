import type { MouseScrollMessage } from '@cloudstage/protocol';
import type { RemoteScreen } from '../channels/screen-state.js';

/** Fields of a DOM WheelEvent. */
export interface WheelInput {
  readonly deltaX: number;
  readonly deltaY: number;
  /** 0 pixels, 1 lines, 2 pages. */
  readonly deltaMode: number;
  readonly atMs: number;
}

/** Memory of the wheel. */
export interface WheelState {
  /** Pixels too few to send, per axis. */
  readonly carryX: number;
  readonly carryY: number;
  readonly lastSentAtMs: number;
}

/** Before the first event. */
export const initialWheelState: WheelState = { carryX: 0, carryY: 0, lastSentAtMs: Number.NEGATIVE_INFINITY };

/** Least distance of two messages on macOS, whose touchpads send bursts with momentum. */
const macPeriodMs = 100;
/** A Firefox notch is 3 lines, a Chromium one 120 px. */
const pixelsPerUnit: readonly number[] = [1, 40, 800];

/**
 * Encodes one wheel event along its stronger axis, in pixels. On the wire |delta| ≤ 1 means notches, so a touchpad's single
 * pixels are kept back until they make more than one. PURE.
 */
export function encodeWheel(
  state: WheelState,
  input: WheelInput,
  screen: RemoteScreen | null,
  mac: boolean,
): { readonly state: WheelState; readonly message: MouseScrollMessage | null } {
  if (mac && input.atMs - state.lastSentAtMs < macPeriodMs) return { state, message: null };
  const unit = pixelsPerUnit[input.deltaMode] ?? 1;
  const vertical = Math.abs(input.deltaY) >= Math.abs(input.deltaX);
  const delta = vertical ? state.carryY + input.deltaY * unit : state.carryX + input.deltaX * unit;
  if (Math.abs(delta) <= 1) {
    return { state: vertical ? { ...state, carryY: delta } : { ...state, carryX: delta }, message: null };
  }
  return {
    state: { carryX: 0, carryY: 0, lastSentAtMs: input.atMs },
    message: {
      type: vertical ? 'mousescroll' : 'mousehorizontalscroll',
      delta,
      x: 0,
      y: 0,
      width: screen?.width ?? 0,
      height: screen?.height ?? 0,
    },
  };
}
