import { pointerScale } from '@cloudstage/protocol';
import { inputLimits } from './limits.js';

/** A point in pixels of the root window. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A size in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Nearest pixel inside the screen; for a screen without area the origin. */
export function clampToScreen(point: Point, screen: Size): Point {
  return {
    x: clamp(Math.round(point.x), 0, Math.max(0, screen.width - 1)),
    y: clamp(Math.round(point.y), 0, Math.max(0, screen.height - 1)),
  };
}

/**
 * `mousemove_v2` (0…8192 of the picture, both ends possible) to a pixel. Rounding brings a client that shows the picture
 * 1:1 back to exactly the pixel it meant.
 */
export function pointFromScaled(scaled: Point, screen: Size): Point {
  return clampToScreen(
    { x: (scaled.x * screen.width) / pointerScale, y: (scaled.y * screen.height) / pointerScale },
    screen,
  );
}

/** A point in a picture of another size (the client's last known one), in pixels of the present screen. */
export function pointFromPicture(point: Point, picture: Size, screen: Size): Point {
  if (picture.width <= 0 || picture.height <= 0) return clampToScreen(point, screen);
  return clampToScreen(
    { x: (point.x * screen.width) / picture.width, y: (point.y * screen.height) / picture.height },
    screen,
  );
}

/** Whole pixels of a relative movement, and the fraction to add to the next one. */
export interface DeltaStep {
  readonly move: Point;
  readonly carry: Point;
}

/** Splits a movement into whole pixels and a carry below one pixel, so that slow movements are not lost. */
export function stepDelta(delta: Point, carry: Point): DeltaStep {
  const limit = inputLimits.motionPixels;
  const axis = (value: number, rest: number) => {
    const total = clamp(value, -limit, limit) + rest;
    const whole = clamp(Math.trunc(total), -limit, limit);
    return { whole, rest: clamp(total - whole, -1, 1) };
  };
  const x = axis(delta.x, carry.x);
  const y = axis(delta.y, carry.y);
  return { move: { x: x.whole, y: y.whole }, carry: { x: x.rest, y: y.rest } };
}
