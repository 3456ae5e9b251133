import type { Logger } from 'pino';
import type { WallClock } from './clock.js';
import type { OpenEncoder } from './encoder-set.js';
import type { PictureBound } from './picture-size.js';
import type { GrabTimings, ScreenSource } from './screen-source.js';
import type { EncodedPicture } from './video-encoder.js';

/** What the pipeline is made of. */
export interface VideoPipelineDeps {
  /** Built with the callback it must call on damage. */
  readonly createSource: (onDamage: () => void) => ScreenSource;
  readonly createEncoder: OpenEncoder;
  readonly clock: WallClock;
  readonly logger: Logger;
  /** Whether a picture would only wait on the path: then it is made later, of what the screen shows then. */
  readonly shouldHold: () => boolean;
  /** Every encoded picture, in order: one of each codec in use. Must not throw. */
  readonly onPicture: (pictures: readonly EncodedPicture[], times: PictureTimes) => void;
}

/** What making a picture took. */
export interface PictureTimes {
  /** Null when the screen had not changed. */
  readonly grabbed: GrabTimings | null;
  /** Server wall clock, microseconds. */
  readonly encodeStartUs: number;
  readonly encodeEndUs: number;
}

/** Rate and size of the stream. */
export interface VideoSettings {
  readonly fps: number;
  readonly bitrateBps: number;
  /** What a client wishes at most. */
  readonly bound: PictureBound;
  /** Of the size that the bound allows, each way: (0, 1]. */
  readonly share: number;
}
