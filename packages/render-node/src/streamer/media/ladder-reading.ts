import { mediaLimits } from './limits.js';
import type { LadderWish, Rung } from './rungs.js';

/** About one second of a stream: its pictures of a screen that had changed, not those that only sharpen or repeat one. */
export interface LadderReading {
  readonly nowMs: number;
  /** How long it was. */
  readonly elapsedMs: number;
  readonly wish: LadderWish;
  readonly pictures: number;
  /** Reading the screen, colours and encoding of these pictures together, milliseconds. */
  readonly busyMs: number;
  /** Encoding alone. */
  readonly encodeMs: number;
  readonly bits: number;
  readonly targetBps: number;
  /** Of one picture. */
  readonly pixels: number;
  /** How many of the pictures were coarse, as far as their encoder tells. */
  readonly coarse: number;
}

/** Pixels of a picture of one rung to those of another. PURE. */
const pixelRatio = (to: Rung, from: Rung) => (to.share / from.share) ** 2;

/**
 * Share of the time that pictures of `to` take, judged by those of `from`: encoding at most as much longer as there are more pixels, the rest as long as it
 * did, as the screen is as large as before. PURE.
 */
function loadAt(to: Rung, from: Rung, { busyMs, encodeMs, pictures }: LadderReading): number {
  const pictureMs = (busyMs - encodeMs + encodeMs * pixelRatio(to, from)) / pictures;
  return (pictureMs * to.fps) / 1_000;
}

/** Share of the target that the bits of this second are, `factor` times as many. PURE. */
const fillOf = ({ bits, targetBps, elapsedMs }: LadderReading, factor = 1) =>
  (bits * factor) / ((targetBps * elapsedMs) / 1_000);

const isBusy = ({ busyMs, elapsedMs }: LadderReading) => busyMs > elapsedMs * mediaLimits.ladderMostBusy;
const isFull = (reading: LadderReading) => fillOf(reading) >= mediaLimits.ladderFullShare;

const isCoarse = ({ coarse, pictures }: LadderReading) => coarse * 2 > pictures;
/** As many bits a pixel as fine pictures take, were all of the target used. PURE. */
const affordsFine = ({ targetBps, pixels }: LadderReading, fps: number, ratio = 1) =>
  targetBps / (fps * pixels * ratio) >= mediaLimits.ladderFineBits;

/** The screen changed often enough to judge by; or what it changed was so much that few pictures could be made of it. PURE. */
export function hasMotion(reading: LadderReading): boolean {
  const { pictures } = reading;
  return pictures >= mediaLimits.ladderPictures || (pictures > 0 && (isBusy(reading) || isFull(reading)));
}

/** The machine is at its end, or the bits are and make coarse pictures. PURE. */
export function isTooMuch(rung: Rung, reading: LadderReading): boolean {
  const { bits, pictures, pixels } = reading;
  const isAtEnd = isBusy(reading) && loadAt(rung, rung, reading) > mediaLimits.ladderMostLoad;
  if (isCoarse(reading) && !affordsFine(reading, rung.fps)) return true;
  return isAtEnd || (isFull(reading) && bits / (pictures * pixels) < mediaLimits.ladderCoarseBits);
}

/** The next higher rung would fit with room to spare. PURE. */
export function fits(next: Rung, rung: Rung, reading: LadderReading): boolean {
  const ratio = pixelRatio(next, rung);
  const isFine = affordsFine(reading, next.fps, ratio);
  const isQuiet = !isCoarse(reading) && fillOf(reading, (next.fps / rung.fps) * ratio) < mediaLimits.ladderFullShare;
  return loadAt(next, rung, reading) < mediaLimits.ladderRoomLoad && (isFine || isQuiet);
}

/** So little moves that pictures of `sharp`, which has the full size, would cost next to nothing. PURE. */
export function isStill(sharp: Rung, rung: Rung, reading: LadderReading): boolean {
  if (!hasMotion(reading)) return true;
  const ratio = pixelRatio(sharp, rung);
  const { busyMs, encodeMs, elapsedMs } = reading;
  const load = (busyMs - encodeMs + encodeMs * ratio) / elapsedMs;
  return Math.max(load, fillOf(reading, ratio)) < mediaLimits.ladderStillShare;
}
