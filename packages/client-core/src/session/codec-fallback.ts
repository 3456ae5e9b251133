import type { ClientSession } from '@cloudstage/protocol';
import { clientLimits } from '../limits.js';
import type { VideoCounters } from '../stats/inbound-stats.js';
import type { AccessInfo } from './access-info.js';
import { type ClientDescriptionOptions, describeClient } from './client-description.js';
import type { SessionInit } from './session-init.js';

/** How a page lets the session reconnect. */
export type ReconnectWays = Pick<SessionInit, 'settings' | 'requestServerSession'>;

/** Leaves H.264 when this device's decoder fails with it, as TCGSDK does. PURE apart from its memory. */
export interface CodecFallback {
  /** The page begins anew: its own wishes count. */
  reset(): void;
  /** The ClientSession of an offer, with `["VP8"]` alone once the decoder has failed. Counting begins anew with it. */
  describe(offerSdp: string, options: ClientDescriptionOptions): ClientSession;
  /**
   * One reading a second of the current connection.
   * @returns whether the decoder has failed just now, so that the client should reconnect. Once between two resets, and never for a page
   * that wants no reconnects or gives no way to them: it is better left with a decoder that may recover.
   */
  failed(video: VideoCounters | null, page: ReconnectWays | null, access: AccessInfo | null): boolean;
}

/** Pictures arrive whole, from a path that is not to blame, and hardly any is decoded. PURE. */
export function decodesNothing({
  framesReceived,
  framesDecoded,
  packetsLost,
  packetsReceived,
}: VideoCounters): boolean {
  const isHealthy = packetsLost < (packetsLost + packetsReceived) * clientLimits.decoderLossShare;
  const few = framesDecoded === 0 && framesReceived > clientLimits.decoderNonePictures;
  const share = framesDecoded < framesReceived * clientLimits.decoderShare;
  return isHealthy && (few || (share && framesReceived > clientLimits.decoderFewPictures));
}

/** Creates the fall-back of a session. */
export function createCodecFallback(): CodecFallback {
  let fallen = false;
  let mayFall = true;
  let readings = 0;
  let bad = 0;
  return {
    reset: () => {
      fallen = false;
    },
    describe: (offerSdp, options) => {
      readings = 0;
      bad = 0;
      mayFall = !fallen && (options.videoCodecList?.some((name) => name.toUpperCase() === 'VP8') ?? true);
      return describeClient(offerSdp, fallen ? { ...options, videoCodecList: ['VP8'] } : options);
    },
    failed: (video, page, access) => {
      const canAsk = page?.settings.reconnect === true && (access !== null || page.requestServerSession !== null);
      if (!mayFall || !canAsk || video === null || video.framesReceived === 0) return false;
      readings += 1;
      bad = decodesNothing(video) ? bad + 1 : 0;
      // A decoder that works at the beginning is not the one that this is for.
      if (readings > clientLimits.decoderReadings) mayFall = false;
      if (bad < clientLimits.decoderBadReadings || video.codec.toUpperCase() !== 'H264') return false;
      mayFall = false;
      fallen = true;
      return true;
    },
  };
}
