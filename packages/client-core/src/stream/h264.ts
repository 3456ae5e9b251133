/** What a client must know of an H.264 picture before it decodes it. PURE. */

/** Facts of one Annex-B picture. */
export interface H264Facts {
  readonly keyFrame: boolean;
  /** `avc1.` with profile, constraints and level of the picture's SPS; null without one. */
  readonly codec: string | null;
}

const nalTypes = { slice: 1, idr: 5, sps: 7 } as const;
/** Bytes in which the first slice must begin: parameter sets and SEI before it are far shorter. */
const searchBytes = 4_096;

const hex = (byte: number) => byte.toString(16).padStart(2, '0').toUpperCase();

/** Reads the NAL units of an Annex-B picture up to its first slice. Never throws; looks at no more than its first 4 KiB. PURE. */
export function readH264(data: Uint8Array): H264Facts {
  let codec: string | null = null;
  const end = Math.min(data.length, searchBytes);
  for (let i = 0; i + 3 < end; i += 1) {
    if (data[i] !== 0 || data[i + 1] !== 0 || data[i + 2] !== 1) continue;
    const type = (data[i + 3] ?? 0) & 0x1f;
    if (type === nalTypes.sps && i + 6 < data.length) {
      codec = `avc1.${hex(data[i + 4] ?? 0)}${hex(data[i + 5] ?? 0)}${hex(data[i + 6] ?? 0)}`;
    }
    if (type >= nalTypes.slice && type <= nalTypes.idr) return { keyFrame: type === nalTypes.idr, codec };
    i += 3;
  }
  return { keyFrame: false, codec };
}

/** Facts of one VP8 picture, in the same form. PURE. @see RFC 6386 §9.1 */
export function readVp8(data: Uint8Array): H264Facts {
  return { keyFrame: data.length > 0 && ((data[0] ?? 1) & 1) === 0, codec: 'vp8' };
}

const ticksModulus = 2 ** 32;

/** Makes growing times of 90 kHz timestamps modulo 2³². */
export function createTimestampUnwrapper(): (timestamp: number) => number {
  let last: number | undefined;
  /** @returns microseconds; modulo 2³² ticks they are the timestamp. */
  return (timestamp) => {
    const before = last ?? timestamp;
    let ticks = before - (before % ticksModulus) + timestamp;
    if (ticks - before > ticksModulus / 2) ticks -= ticksModulus;
    if (before - ticks > ticksModulus / 2) ticks += ticksModulus;
    // A timestamp from before the first one.
    if (ticks < 0) ticks += ticksModulus;
    last = ticks;
    return Math.round((ticks * 100) / 9);
  };
}

/** The 90 kHz timestamp of a time that {@link createTimestampUnwrapper} has made. PURE. */
export function rtpTimestampOfUs(timestampUs: number): number {
  return Math.round((timestampUs * 9) / 100) % ticksModulus;
}
