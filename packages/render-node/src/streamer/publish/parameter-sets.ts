import { splitAnnexB } from '../rtp/h264-packetizer.js';

const startCode = Buffer.from([0, 0, 0, 1]);
const parameterSetTypes: ReadonlySet<number> = new Set([7, 8]);

/**
 * SPS and PPS of a key frame as an Annex-B stream, from which muxers make their AVCC record; empty when there are none. PURE.
 * @see ITU-T H.264 §7.4.1.2.1
 */
export function parameterSets(picture: Buffer): Buffer {
  const units = splitAnnexB(picture).filter((unit) => parameterSetTypes.has((unit[0] ?? 0) & 0x1f));
  return Buffer.concat(units.flatMap((unit) => [startCode, unit]));
}
