import { invariant } from '@cloudstage/protocol';
import { leb128, type Obu, obuTypes, readObus } from './av1-obus.js';
import type { RtpPayload } from './h264-packetizer.js';

/** Bits of the aggregation header. */
const header = { continues: 0x80, continued: 0x40, newSequence: 0x08 } as const;
/** Elements of which the header can tell the number; the last of them needs no length. */
const maxElements = 3;
/** Aggregation header, and lengths of two elements that are shorter than a payload. */
const overheadBytes = 1 + 2 * 2;

/** Never sent: a new picture shows itself by its time, and the others are for files. */
const left: ReadonlySet<number> = new Set([obuTypes.temporalDelimiter, obuTypes.tileList, obuTypes.padding]);

/** Part of a unit in one payload. */
interface Element {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
  readonly begins: boolean;
  readonly ends: boolean;
}

/** Deals the units out to payloads of at most `size` bytes of units each. */
function deal(obus: readonly Obu[], size: number): Element[][] {
  const packets: Element[][] = [];
  let room = 0;
  for (const { header: head, payload } of obus) {
    const length = head.length + payload.length;
    for (let offset = 0; offset < length; ) {
      if (room === 0 || packets.at(-1)?.length === maxElements) {
        packets.push([]);
        room = size;
      }
      const end = Math.min(length, offset + room);
      const parts = [
        head.subarray(Math.min(offset, head.length), Math.min(end, head.length)),
        payload.subarray(Math.max(0, offset - head.length), Math.max(0, end - head.length)),
      ].filter((part) => part.length > 0);
      packets.at(-1)?.push({ parts, length: end - offset, begins: offset === 0, ends: end === length });
      room -= end - offset;
      offset = end;
    }
  }
  return packets;
}

/**
 * Payloads of one AV1 picture (a temporal unit), of about equal size. They are views of `picture` and valid as long as it is; one without anything
 * to send has none. PURE.
 * @throws AppError `encoder-failed` for a malformed picture
 * @see RTP Payload Format For AV1 (AOM) §4.3, §4.4, §5
 */
export function packetizeAv1(picture: Buffer, maxPayloadBytes: number): RtpPayload[] {
  invariant(maxPayloadBytes >= 64, 'a payload must have room for a fragment');
  const obus = readObus(picture).filter(({ type }) => !left.has(type));
  const total = obus.reduce((sum, obu) => sum + obu.header.length + obu.payload.length, 0);
  // Equal sizes: the last packet of a picture is not a tiny one that costs a whole header.
  const count = Math.ceil(total / (maxPayloadBytes - overheadBytes));
  const packets = deal(obus, Math.ceil(total / Math.max(1, count)));
  const isKeyFrame = obus.some(({ type }) => type === obuTypes.sequenceHeader);
  return packets.map((elements, index) => {
    const first =
      (elements[0]?.begins ? 0 : header.continues) |
      (elements.at(-1)?.ends ? 0 : header.continued) |
      (elements.length << 4) |
      (isKeyFrame && index === 0 ? header.newSequence : 0);
    const parts = elements.flatMap((element, at) =>
      at === elements.length - 1 ? element.parts : [leb128(element.length), ...element.parts],
    );
    return { parts: [Uint8Array.of(first), ...parts], marker: index === packets.length - 1 };
  });
}
