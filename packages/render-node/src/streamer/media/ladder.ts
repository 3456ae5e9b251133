import { mediaLimits } from './limits.js';

/** Frame rates as shares of the wanted one, and none below `mediaLimits.ladderMinFps`. */
const shares = [1, 2 / 3, 1 / 2, 1 / 3, 1 / 4] as const;

/** About one second of a stream. */
export interface LadderReading {
  readonly nowMs: number;
  /** How long it was. */
  readonly elapsedMs: number;
  /** Frame rate that settings and wishes ask for. */
  readonly wantedFps: number;
  /** Pictures made. */
  readonly pictures: number;
  /** Reading the screen, colours and encoding of these pictures together, milliseconds. */
  readonly busyMs: number;
  readonly bits: number;
  readonly targetBps: number;
  /** Of one picture. */
  readonly pixels: number;
}

/** Takes the frame rate down when machine or path cannot carry it, and up again. PURE apart from its memory. */
export interface Ladder {
  /** Call about once a second. @returns the frame rate to use from now on */
  step(reading: LadderReading): number;
  /** In force for this wish. */
  fps(wantedFps: number): number;
  /** Begins at the top: another session. */
  reset(): void;
}

const fpsAt = (rung: number, wantedFps: number) =>
  Math.max(Math.min(wantedFps, mediaLimits.ladderMinFps), Math.round(wantedFps * (shares[rung] ?? 1)));

/** Share of the time that `fps` pictures a second take if they cost what those of the reading did. PURE. */
const loadAt = (fps: number, { busyMs, pictures }: LadderReading) => ((busyMs / pictures) * fps) / 1_000;

/** Bits of the reading come near what the target allows in that time, with a factor for another frame rate. PURE. */
const isFull = ({ bits, targetBps, elapsedMs }: LadderReading, factor = 1) =>
  bits * factor >= ((targetBps * elapsedMs) / 1_000) * mediaLimits.ladderFullShare;

/** The machine is at its end, or the bits are and make coarse pictures. PURE. */
function isTooMuch(fps: number, reading: LadderReading): boolean {
  const { busyMs, elapsedMs, bits, pictures, pixels } = reading;
  const isBusy = busyMs > elapsedMs * mediaLimits.ladderMostBusy && loadAt(fps, reading) > mediaLimits.ladderMostLoad;
  return isBusy || (isFull(reading) && bits / (pictures * pixels) < mediaLimits.ladderCoarseBits);
}

/** The next higher rate would fit with room to spare. PURE. */
function fits(next: number, fps: number, reading: LadderReading): boolean {
  const isFine = reading.targetBps / (next * reading.pixels) >= mediaLimits.ladderFineBits;
  return loadAt(next, reading) < mediaLimits.ladderRoomLoad && (isFine || !isFull(reading, next / fps));
}

/** Creates a ladder at its top. */
export function createLadder(): Ladder {
  let rung = 0;
  let bad = 0;
  let good = 0;
  let waitReadings: number = mediaLimits.ladderUpReadings;
  let raisedAtMs = Number.NEGATIVE_INFINITY;
  const move = (by: 1 | -1, nowMs: number) => {
    if (by === -1) raisedAtMs = nowMs;
    else {
      // A rate that was too much soon after it was tried is tried again later and later; one that has stood, as soon as any.
      const failed = nowMs - raisedAtMs < mediaLimits.ladderTrialMs;
      waitReadings = failed
        ? Math.min(mediaLimits.ladderMostUpReadings, waitReadings * 2)
        : mediaLimits.ladderUpReadings;
    }
    rung += by;
    bad = 0;
    good = 0;
  };
  return {
    step: (reading) => {
      const { nowMs, wantedFps, pictures } = reading;
      const fps = fpsAt(rung, wantedFps);
      // Nothing to judge by: a still screen.
      if (pictures < mediaLimits.ladderPictures) return fps;
      const hasLower = rung + 1 < shares.length && fpsAt(rung + 1, wantedFps) < fps;
      bad = isTooMuch(fps, reading) ? bad + 1 : 0;
      good = rung > 0 && fits(fpsAt(rung - 1, wantedFps), fps, reading) ? good + 1 : 0;
      if (bad >= mediaLimits.ladderDownReadings && hasLower) move(1, nowMs);
      else if (good >= waitReadings) move(-1, nowMs);
      return fpsAt(rung, wantedFps);
    },
    fps: (wantedFps) => fpsAt(rung, wantedFps),
    reset: () => {
      rung = 0;
      bad = 0;
      good = 0;
      waitReadings = mediaLimits.ladderUpReadings;
      raisedAtMs = Number.NEGATIVE_INFINITY;
    },
  };
}
