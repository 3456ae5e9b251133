import type { PictureDescription, StreamProfile, StreamSettings } from '@cloudstage/protocol';
import { createLadder } from './media/ladder.js';
import { mediaLimits } from './media/limits.js';
import { pictureSize } from './media/picture-size.js';
import { createRateFollower } from './media/rate-control.js';
import type { Rung } from './media/rungs.js';
import type { PictureSize } from './media/screen-source.js';
import { type EffectiveSettings, effectiveSettings, restSettings, startBitrateBps } from './media/stream-settings.js';
import type { PictureTimes, VideoSettings } from './media/video-contract.js';
import type { EncodedPicture } from './media/video-encoder.js';
import type { CongestionOptions } from './rtp/congestion.js';

/** What a {@link StreamRate} steers, and what it asks. */
export interface StreamRateDeps {
  /** Takes a new frame rate, size and bitrate. */
  readonly configure: (settings: VideoSettings) => void;
  /** Bits a second that the players' paths carry; undefined without peers. */
  readonly pathBps: () => number | undefined;
  /** Tells all peers what rates are allowed. */
  readonly setRange: (range: CongestionOptions) => void;
  /** Of the pictures if nothing bounds them. */
  readonly screenSize: () => PictureSize;
  /** A client shows smaller pictures smaller: under pressure only the frame rate changes. */
  readonly keepsSize: () => boolean;
  /** Machine or path asks for another frame rate or size. */
  readonly onLadder: (from: Rung, to: Rung) => void;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** Frame rate, size and bitrate of the stream: settings, wishes, and what the paths carry. */
export interface StreamRate {
  /** Another session, whose program costs something else: the full frame rate is tried again. */
  reset(): void;
  /** The project's settings, narrowed by a client's wish. */
  setProfile(settings: StreamSettings, wish: StreamProfile | null | undefined): void;
  /** Looks at the paths again. */
  update(): void;
  /** Pictures were made of one capture, one of each codec. */
  onPictures(pictures: readonly EncodedPicture[], times: PictureTimes): void;
  /** Looks at machine and paths: call about once a second. */
  tick(): void;
  /** Rates that a new peer may have. */
  range(): CongestionOptions;
  /** In force, 0 before the first. */
  readonly bitrateBps: number;
  /** What was made last; null before the first picture. */
  readonly picture: PictureDescription | null;
}

const emptySecond = (beginMs: number) => ({
  beginMs,
  ...{ pictures: 0, busyMs: 0, encodeMs: 0, bits: 0, pixels: 0, coarse: 0 },
});

/** Creates the steering of a streamer that has no session yet. */
export function createStreamRate(deps: StreamRateDeps): StreamRate {
  const { configure, pathBps, setRange, onLadder, nowMs } = deps;
  const follower = createRateFollower(mediaLimits);
  let effective: EffectiveSettings = restSettings;
  const range = () => {
    const { minBitrateBps, maxBitrateBps } = effective;
    return { minBitrateBps, maxBitrateBps, startBitrateBps };
  };
  const ladder = createLadder();
  const wish = () => {
    const size = pictureSize(deps.screenSize(), effective.bound);
    return { fps: effective.fps, ...size, keepsSize: deps.keepsSize() };
  };
  let rung: Rung = { fps: effective.fps, share: 1 };
  let second = emptySecond(nowMs());
  let made: PictureSize | null = null;
  /** The slowest player decides. */
  const update = () => {
    const { minBitrateBps, maxBitrateBps } = effective;
    const path = pathBps() ?? Math.min(startBitrateBps, maxBitrateBps);
    const target = Math.min(maxBitrateBps, Math.max(minBitrateBps, path));
    if (follower.follow(target, nowMs())) configure({ ...rung, bound: effective.bound, bitrateBps: target });
  };
  return {
    reset: () => {
      ladder.reset();
      made = null;
    },
    setProfile: (settings, profile) => {
      effective = effectiveSettings(settings, profile);
      rung = ladder.at(wish());
      setRange(range());
      follower.reset();
      update();
    },
    update,
    onPictures: ([first], times) => {
      if (!first) return;
      made = first;
      const { grabbed, encodeStartUs, encodeEndUs } = times;
      // Pictures that sharpen or repeat a still screen take what is left.
      if (!grabbed) return;
      const encodeMs = (encodeEndUs - encodeStartUs) / 1_000;
      second.pictures += 1;
      second.encodeMs += encodeMs;
      second.busyMs += encodeMs + grabbed.captureMs + grabbed.convertMs;
      second.bits += first.data.length * 8;
      if (first.isCoarse) second.coarse += 1;
      second.pixels = first.width * first.height;
    },
    tick: () => {
      const atMs = nowMs();
      const { beginMs, ...counted } = second;
      second = emptySecond(atMs);
      const reading = { ...counted, nowMs: atMs, elapsedMs: atMs - beginMs };
      const next = ladder.step({ ...reading, wish: wish(), targetBps: follower.bitrateBps });
      if (next.fps !== rung.fps || next.share !== rung.share) {
        onLadder(rung, next);
        rung = next;
        follower.reset();
      }
      update();
    },
    range,
    get bitrateBps() {
      return follower.bitrateBps;
    },
    get picture() {
      return made && { width: made.width, height: made.height, screen: deps.screenSize(), fps: rung.fps };
    },
  };
}
