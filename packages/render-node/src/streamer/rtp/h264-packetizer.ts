import { invariant } from '@cloudstage/protocol';

/** Payload of one RTP packet in parts, so that a picture is copied once, into the packet. */
export interface RtpPayload {
  readonly parts: readonly Uint8Array[];
  /** Last packet of the picture: the RTP marker bit. */
  readonly marker: boolean;
  /** Other than that of the stream. */
  readonly payloadType?: number | undefined;
}

const nalTypeMask = 0x1f;
const nriMask = 0x60;
const stapA = 24;
const fuA = 28;
const firstFragment = 0x80;
const lastFragment = 0x40;
/** NAL units that only matter in byte streams or files: access unit delimiter, end of sequence, end of stream, filler. */
const dropped: ReadonlySet<number> = new Set([9, 10, 11, 12]);

/**
 * Splits an Annex-B byte stream into NAL units without start codes. The results are views of `stream`.
 * @see ITU-T H.264 Annex B
 */
export function splitAnnexB(stream: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let start = -1;
  let from = 0;
  for (;;) {
    const code = stream.indexOf(startCode, from);
    const end = code < 0 ? stream.length : code;
    if (start >= 0) {
      let last = end;
      // Zero bytes before a start code belong to it or are trailing zeros; a NAL unit never ends with one.
      while (last > start && stream[last - 1] === 0) last--;
      if (last > start) units.push(stream.subarray(start, last));
    }
    if (code < 0) return units;
    start = code + 3;
    from = start;
  }
}

const startCode = Buffer.from([0, 0, 1]);

function aggregate(units: readonly Buffer[]): Uint8Array[] {
  let nri = 0;
  const parts: Uint8Array[] = [];
  for (const unit of units) {
    nri = Math.max(nri, (unit[0] ?? 0) & nriMask);
    parts.push(Uint8Array.of(unit.length >> 8, unit.length & 0xff), unit);
  }
  return [Uint8Array.of(nri | stapA), ...parts];
}

function fragment(unit: Buffer, maxPayloadBytes: number): Uint8Array[][] {
  const header = unit[0] ?? 0;
  const body = unit.subarray(1);
  const count = Math.ceil(body.length / (maxPayloadBytes - 2));
  // Equal sizes: the last packet of a picture is not a tiny one that costs a whole header.
  const size = Math.ceil(body.length / count);
  const fragments: Uint8Array[][] = [];
  for (let offset = 0; offset < body.length; offset += size) {
    const first = offset === 0 ? firstFragment : 0;
    const last = offset + size >= body.length ? lastFragment : 0;
    const prefix = Uint8Array.of((header & nriMask) | fuA, first | last | (header & nalTypeMask));
    fragments.push([prefix, body.subarray(offset, offset + size)]);
  }
  return fragments;
}

/**
 * Payloads of one picture (one access unit): small neighbours share a STAP-A (parameter sets before an IDR), large units
 * are cut into FU-A, the rest travel as they are. Payloads are views of `accessUnit` and valid as long as it is.
 * @param accessUnit Annex-B bytes of one picture
 * @see RFC 6184 §5.6 (single), §5.7.1 (STAP-A), §5.8 (FU-A); packetization-mode 1
 */
export function packetizeH264(accessUnit: Buffer, maxPayloadBytes: number): RtpPayload[] {
  invariant(maxPayloadBytes >= 64, 'a payload must have room for a fragment');
  const units = splitAnnexB(accessUnit).filter((unit) => !dropped.has((unit[0] ?? 0) & nalTypeMask));
  const payloads: Uint8Array[][] = [];
  let group: Buffer[] = [];
  let groupBytes = 1;
  const flush = () => {
    const [only] = group;
    if (group.length === 1 && only !== undefined) payloads.push([only]);
    else if (group.length > 1) payloads.push(aggregate(group));
    group = [];
    groupBytes = 1;
  };
  for (const unit of units) {
    if (unit.length > maxPayloadBytes) {
      flush();
      payloads.push(...fragment(unit, maxPayloadBytes));
      continue;
    }
    if (groupBytes + 2 + unit.length > maxPayloadBytes) flush();
    group.push(unit);
    groupBytes += 2 + unit.length;
  }
  flush();
  return payloads.map((parts, index) => ({ parts, marker: index === payloads.length - 1 }));
}
