import { inputLimits } from './limits.js';

/** Pixels of one notch; Windows' WHEEL_DELTA. */
const notchPixels = 120;
/** Chrome on Windows reports 100 CSS pixels for a notch. */
const chromeNotchPixels = 100;

/** Result of one wheel message: signed notches (positive is down or right) and the pixels to keep for the next one. */
export interface WheelStep {
  readonly notches: number;
  readonly carryPixels: number;
}

const limitNotches = (notches: number) =>
  Math.min(Math.max(notches, -inputLimits.notchesPerMessage), inputLimits.notchesPerMessage);

/** Notches a device has surely meant as such: whole multiples of its step. */
function wholeNotches(delta: number): number | undefined {
  if (delta % notchPixels === 0) return delta / notchPixels;
  if (delta % chromeNotchPixels === 0) return delta / chromeNotchPixels;
  return undefined;
}

/**
 * Turns a wheel delta into notches: X has wheel buttons, not distances.
 *
 * |delta| ≤ 1 counts notches (API calls), a multiple of 120 or 100 is a wheel's notch, everything else is a touchpad's
 * pixels, collected to 120. A change of direction forgets what was collected.
 */
export function stepWheel(delta: number, carryPixels: number): WheelStep {
  if (delta === 0 || !Number.isFinite(delta)) return { notches: 0, carryPixels };
  const kept = Math.sign(carryPixels) === -Math.sign(delta) ? 0 : carryPixels;
  if (Math.abs(delta) > 1) {
    const whole = wholeNotches(delta);
    if (whole !== undefined) return { notches: limitNotches(whole), carryPixels: kept };
  }
  const pixels = (Math.abs(delta) <= 1 ? delta * notchPixels : delta) + kept;
  // Adding 0 turns the -0 of a small negative distance into a plain zero.
  return { notches: limitNotches(Math.trunc(pixels / notchPixels)) + 0, carryPixels: pixels % notchPixels };
}
