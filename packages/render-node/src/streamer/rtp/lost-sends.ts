import { rtpLimits } from './limits.js';

/**
 * Which packets of a stream the receiver lacks, from the transport-wide feedback: it knows what it asked for and did not get sooner than it
 * asks again (browsers wait 100 ms), and of requests that were lost themselves it says nothing else. PURE apart from its memory.
 */
export interface LostSends {
  /** A packet of the stream left under a transport-wide number, the first time or again. */
  onSent(transportNumber: number, mediaNumber: number): void;
  /** Feedback says that it did not arrive. @returns its number in the stream, unless it has been sent again since */
  onLost(transportNumber: number): number | undefined;
}

/** A power of two, so that a number's place is its lower bits. */
const places = rtpLimits.sentPackets;

/** Nothing was sent yet. Bounded by {@link rtpLimits}: older packets are overwritten. */
export function createLostSends(): LostSends {
  const transportNumbers = new Int32Array(places).fill(-1);
  const mediaNumbers = new Int32Array(places);
  /** Newest transport number of a media number, with the media number itself above it. */
  const newest = new Float64Array(places).fill(-1);
  return {
    onSent: (transportNumber, mediaNumber) => {
      const place = transportNumber % places;
      transportNumbers[place] = transportNumber;
      mediaNumbers[place] = mediaNumber;
      newest[mediaNumber % places] = mediaNumber * 0x1_0000 + transportNumber;
    },
    onLost: (transportNumber) => {
      const place = transportNumber % places;
      if (transportNumbers[place] !== transportNumber) return undefined;
      // Each loss counts once.
      transportNumbers[place] = -1;
      const mediaNumber = mediaNumbers[place] ?? 0;
      return newest[mediaNumber % places] === mediaNumber * 0x1_0000 + transportNumber ? mediaNumber : undefined;
    },
  };
}
