import { mediaLimits } from './limits.js';

/** A picture that was made. */
export interface MadePicture {
  /** The screen had changed since the one before. */
  readonly changed: boolean;
  readonly bits: number;
  /** What the target allows a picture. */
  readonly shareBits: number;
  /** Between two pictures of the stream, milliseconds. */
  readonly intervalMs: number;
}

/** When the same screen is encoded again. PURE apart from its memory. */
export interface Refinement {
  onPicture(picture: MadePicture): void;
  /** From the last picture on, if nothing changes until then. */
  delayMs(): number;
}

/**
 * After motion has ended the same picture is encoded again a few times: a capped rate leaves it coarse. On a narrow path that is not enough: as long as
 * such pictures take the bits that they may have, more of them follow. Then the picture is repeated now and then, so that receivers do not take it for a lost one.
 */
export function createRefinement(): Refinement {
  let refinements = 0;
  /** Left, milliseconds. */
  let sharpeningMs = 0;
  /** Small pictures in a row. */
  let fine = 0;
  let intervalMs = 0;
  return {
    onPicture: (picture) => {
      intervalMs = picture.intervalMs;
      fine = picture.bits > picture.shareBits * mediaLimits.coarseShare ? 0 : fine + 1;
      if (picture.changed) {
        refinements = mediaLimits.refinements;
        sharpeningMs = mediaLimits.sharpeningMs;
      } else if (refinements > 0) refinements--;
      else sharpeningMs -= intervalMs;
    },
    delayMs: () => {
      if (refinements > 0) return mediaLimits.refinementDelayMs;
      return fine < mediaLimits.finePictures && sharpeningMs > 0 ? intervalMs : mediaLimits.stillPictureMs;
    },
  };
}
