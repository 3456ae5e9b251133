import type { StreamProfile, StreamSettings } from '@cloudstage/protocol';
import { createLadder } from './media/ladder.js';
import { mediaLimits } from './media/limits.js';
import { createRateFollower } from './media/rate-control.js';
import { type EffectiveSettings, effectiveSettings, restSettings, startBitrateBps } from './media/stream-settings.js';
import type { PictureTimes, VideoSettings } from './media/video-contract.js';
import type { EncodedPicture } from './media/video-encoder.js';
import type { CongestionOptions } from './rtp/congestion.js';

/** What a {@link StreamRate} steers, and what it asks. */
export interface StreamRateDeps {
  /** Takes a new frame rate and bitrate. */
  readonly configure: (settings: VideoSettings) => void;
  /** Bits a second that the players' paths carry; undefined without peers. */
  readonly pathBps: () => number | undefined;
  /** Tells all peers what rates are allowed. */
  readonly setRange: (range: CongestionOptions) => void;
  /** Machine or path asks for another frame rate. */
  readonly onLadder: (fromFps: number, toFps: number) => void;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** Frame rate and bitrate of the stream: settings, wishes, and what the paths carry. */
export interface StreamRate {
  /** Another session, whose program costs something else: the full frame rate is tried again. */
  reset(): void;
  /** The project's settings, narrowed by a client's wish. */
  setProfile(settings: StreamSettings, wish: StreamProfile | null | undefined): void;
  /** Looks at the paths again. */
  update(): void;
  /** Pictures were made of one capture, one of each codec. */
  onPictures(pictures: readonly EncodedPicture[], made: PictureTimes): void;
  /** Looks at machine and paths: call about once a second. */
  tick(): void;
  /** Rates that a new peer may have. */
  range(): CongestionOptions;
  /** In force, 0 before the first. */
  readonly bitrateBps: number;
}

const emptySecond = (beginMs: number) => ({ beginMs, pictures: 0, busyMs: 0, bits: 0, pixels: 0 });

/** Creates the steering of a streamer that has no session yet. */
export function createStreamRate({ configure, pathBps, setRange, onLadder, nowMs }: StreamRateDeps): StreamRate {
  const follower = createRateFollower(mediaLimits);
  let effective: EffectiveSettings = restSettings;
  const range = () => {
    const { minBitrateBps, maxBitrateBps } = effective;
    return { minBitrateBps, maxBitrateBps, startBitrateBps };
  };
  const ladder = createLadder();
  let fps = effective.fps;
  let second = emptySecond(nowMs());
  /** The slowest player decides. */
  const update = () => {
    const { minBitrateBps, maxBitrateBps } = effective;
    const path = pathBps() ?? Math.min(startBitrateBps, maxBitrateBps);
    const target = Math.min(maxBitrateBps, Math.max(minBitrateBps, path));
    if (follower.follow(target, nowMs())) configure({ fps, bitrateBps: target });
  };
  return {
    reset: () => ladder.reset(),
    setProfile: (settings, wish) => {
      effective = effectiveSettings(settings, wish);
      fps = ladder.fps(effective.fps);
      setRange(range());
      follower.reset();
      update();
    },
    update,
    onPictures: ([first], made) => {
      if (!first) return;
      second.pictures += 1;
      second.busyMs += (made.encodeEndUs - made.encodeStartUs) / 1_000;
      if (made.grabbed) second.busyMs += made.grabbed.captureMs + made.grabbed.convertMs;
      second.bits += first.data.length * 8;
      second.pixels = first.width * first.height;
    },
    tick: () => {
      const atMs = nowMs();
      const { beginMs, ...counted } = second;
      second = emptySecond(atMs);
      const reading = { ...counted, nowMs: atMs, elapsedMs: atMs - beginMs };
      const next = ladder.step({ ...reading, wantedFps: effective.fps, targetBps: follower.bitrateBps });
      if (next !== fps) {
        onLadder(fps, next);
        fps = next;
        follower.reset();
      }
      update();
    },
    range,
    get bitrateBps() {
      return follower.bitrateBps;
    },
  };
}
