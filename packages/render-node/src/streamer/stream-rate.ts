import type { StreamProfile, StreamSettings } from '@cloudstage/protocol';
import { mediaLimits } from './media/limits.js';
import { createRateFollower } from './media/rate-control.js';
import { type EffectiveSettings, effectiveSettings, restSettings, startBitrateBps } from './media/stream-settings.js';
import type { VideoSettings } from './media/video-contract.js';
import type { CongestionOptions } from './rtp/congestion.js';

/** What a {@link StreamRate} steers, and what it asks. */
export interface StreamRateDeps {
  /** Takes a new frame rate and bitrate. */
  readonly configure: (settings: VideoSettings) => void;
  /** Bits a second that the players' paths carry; undefined without peers. */
  readonly pathBps: () => number | undefined;
  /** Tells all peers what rates are allowed. */
  readonly setRange: (range: CongestionOptions) => void;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** Frame rate and bitrate of the stream: settings, wishes, and what the paths carry. */
export interface StreamRate {
  /** The project's settings, narrowed by a client's wish. */
  setProfile(settings: StreamSettings, wish: StreamProfile | null | undefined): void;
  /** Looks at the paths again. */
  update(): void;
  /** Rates that a new peer may have. */
  range(): CongestionOptions;
  /** In force, 0 before the first. */
  readonly bitrateBps: number;
}

/** Creates the steering of a streamer that has no session yet. */
export function createStreamRate({ configure, pathBps, setRange, nowMs }: StreamRateDeps): StreamRate {
  const follower = createRateFollower(mediaLimits);
  let effective: EffectiveSettings = restSettings;
  const range = () => {
    const { minBitrateBps, maxBitrateBps } = effective;
    return { minBitrateBps, maxBitrateBps, startBitrateBps };
  };
  /** The slowest player decides. */
  const update = () => {
    const { fps, minBitrateBps, maxBitrateBps } = effective;
    const path = pathBps() ?? Math.min(startBitrateBps, maxBitrateBps);
    const target = Math.min(maxBitrateBps, Math.max(minBitrateBps, path));
    if (follower.follow(target, nowMs())) configure({ fps, bitrateBps: target });
  };
  return {
    setProfile: (settings, wish) => {
      effective = effectiveSettings(settings, wish);
      setRange(range());
      follower.reset();
      update();
    },
    update,
    range,
    get bitrateBps() {
      return follower.bitrateBps;
    },
  };
}
