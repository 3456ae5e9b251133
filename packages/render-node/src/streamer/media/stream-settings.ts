import type { StreamProfile, StreamSettings } from '@cloudstage/protocol';
import { mediaLimits } from './limits.js';
import { type PictureBound, unbounded } from './picture-size.js';
import { clampBitrate } from './rate-control.js';

/** Frame rate, bitrate range and bound of the picture that are in force. */
export interface EffectiveSettings {
  readonly fps: number;
  readonly bound: PictureBound;
  readonly minBitrateBps: number;
  readonly maxBitrateBps: number;
}

const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0;

/** Bits a second per unit of a profile's bitrates; Mbps unless it says Kbps. */
const unitBps = (unit: string | null | undefined) => (unit?.toLowerCase() === 'kbps' ? 1_000 : 1_000_000);

/**
 * The project's settings narrowed by a client's wish. A client can ask for less than the project allows, never for more;
 * what it does not mention stays at the project's value. PURE.
 */
export function effectiveSettings(project: StreamSettings, wish: StreamProfile | null | undefined): EffectiveSettings {
  const projectRange = { min: project.minBitrateBps, max: project.maxBitrateBps };
  const projectFps = Math.min(mediaLimits.maxFps, Math.max(1, Math.round(project.fps)));
  const unit = unitBps(wish?.unit);
  const max = isPositive(wish?.max_bitrate) ? clampBitrate(wish.max_bitrate * unit, projectRange) : projectRange.max;
  const min = isPositive(wish?.min_bitrate) ? clampBitrate(wish.min_bitrate * unit, projectRange) : projectRange.min;
  const maxBitrateBps = clampBitrate(max, projectRange);
  const side = (value: unknown) =>
    isPositive(value) ? Math.max(mediaLimits.leastBoundPixels, Math.floor(value)) : Number.POSITIVE_INFINITY;
  return {
    fps: isPositive(wish?.fps) ? Math.min(projectFps, Math.max(1, Math.round(wish.fps))) : projectFps,
    bound: { width: side(wish?.video_width), height: side(wish?.video_height) },
    minBitrateBps: Math.min(maxBitrateBps, clampBitrate(min, projectRange)),
    maxBitrateBps,
  };
}

/** Size in a `"WxH"` text, or null when it is none or out of bounds. Odd sides are rounded down. PURE. */
export function parseResolution(text: string | null | undefined): { width: number; height: number } | null {
  const match = /^(\d{2,5})x(\d{2,5})$/i.exec(text?.trim() ?? '');
  return match ? checkResolution(Number(match[1]), Number(match[2])) : null;
}

/** An even size within bounds, or null. PURE. */
export function checkResolution(width: number, height: number): { width: number; height: number } | null {
  const even = { width: Math.floor(width / 2) * 2, height: Math.floor(height / 2) * 2 };
  const inRange = (side: number) => side >= mediaLimits.minSidePixels && side <= mediaLimits.maxSidePixels;
  return inRange(even.width) && inRange(even.height) ? even : null;
}

/** Bitrate at which a stream starts before anything is known of the path. */
export const startBitrateBps = 5_000_000;
/** Settings before the first `stream.configure`; nothing is sent with them. */
export const restSettings: EffectiveSettings = {
  fps: 30,
  bound: unbounded,
  minBitrateBps: 1_000_000,
  maxBitrateBps: startBitrateBps,
};
