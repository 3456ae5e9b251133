/** Rate at which packets arrived, on the receiver's clock. */
export interface AckedBitrate {
  add(arrivalUs: number, bytes: number): void;
  /**
   * Rate over the last `windowUs` before the newest arrival, at most {@link ackedWindowUs}. A pause ends the window: what came before it is
   * no measure of the path. Undefined while that leaves too little.
   */
  rateBps(windowUs: number): number | undefined;
}

/** Longest window. */
export const ackedWindowUs = 500_000;
/** Arrivals further apart than this are two phases of the program, not of the path. */
const pauseUs = 150_000;
/** Shortest span that gives a rate. */
const leastUs = 40_000;

/** PURE apart from its memory, which holds the arrivals of half a second. */
export function createAckedBitrate(): AckedBitrate {
  let entries: { readonly arrivalUs: number; readonly bytes: number }[] = [];
  let newestUs = Number.NEGATIVE_INFINITY;
  let phaseUs = 0;
  let sinceTrim = 0;
  return {
    add: (arrivalUs, bytes) => {
      if (arrivalUs - newestUs > pauseUs) {
        entries = [];
        phaseUs = arrivalUs;
      }
      newestUs = Math.max(newestUs, arrivalUs);
      entries.push({ arrivalUs, bytes });
      if (++sinceTrim < 256) return;
      sinceTrim = 0;
      entries = entries.filter((entry) => entry.arrivalUs > newestUs - ackedWindowUs);
    },
    rateBps: (windowUs) => {
      const spanUs = Math.min(windowUs, newestUs - phaseUs);
      if (!(spanUs >= leastUs)) return undefined;
      const sinceUs = newestUs - spanUs;
      let bytes = 0;
      for (const entry of entries) if (entry.arrivalUs > sinceUs) bytes += entry.bytes;
      return (bytes * 8_000_000) / spanUs;
    },
  };
}
