import { invariant } from '@cloudstage/protocol';
import { ntpTime } from './rtp-time.js';

/** Header extensions this server writes, by URI. @see RFC 8285 */
export const extensionUris = {
  transportWideCc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  playoutDelay: 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  absCaptureTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  videoTiming: 'http://www.webrtc.org/experiments/rtp-hdrext/video-timing',
} as const;

/** Extensions that only pictures have. */
export const videoOnlyExtensions: ReadonlySet<string> = new Set(['playoutDelay', 'absCaptureTime', 'videoTiming']);

/** Largest id of the one-byte form; ids above it make a stream use the two-byte form. @see RFC 8285 §4.2, §4.3 */
export const maxOneByteId = 14;
/** Largest id of the two-byte form. */
export const maxTwoByteId = 255;

/** Negotiated extension ids; absent ones are not written. */
export type ExtensionIds = { readonly [K in keyof typeof extensionUris]?: number };

/** What every packet of a stream has in common. */
export interface PacketLayoutOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly extensions: ExtensionIds;
  /** Value of the mid extension. */
  readonly mid: string;
}

/** Fields that differ from packet to packet. */
export interface PacketFields {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker: boolean;
  /** Other than that of the stream. */
  readonly payloadType?: number | undefined;
}

/** How long a receiver may hold pictures, milliseconds in steps of 10. @see http://www.webrtc.org/experiments/rtp-hdrext/playout-delay */
export interface PlayoutDelay {
  readonly minMs: number;
  readonly maxMs: number;
}

/** What the first packet of a picture tells besides. */
export interface PictureStart {
  readonly captureTimeUs: number;
  readonly playoutDelay: PlayoutDelay;
}

/** Moments of a picture on the server's clock, microseconds; the last packet of some pictures tells them. */
export interface PictureTiming {
  readonly captureTimeUs: number;
  readonly encodeStartUs: number;
  readonly encodeEndUs: number;
  readonly packetizedUs: number;
}

/** Extensions that not every packet has. */
export interface PacketExtras {
  readonly start?: PictureStart;
  readonly timing?: PictureTiming;
}

/** Writes packets of one stream. Fields known only at the moment of sending are stamped in place. */
export interface PacketLayout {
  /** New packet: header, then `parts` one after the other. Transport fields are zero. */
  build(fields: PacketFields, parts: readonly Uint8Array[], extras?: PacketExtras): Buffer;
  /** Stamps the transport-wide sequence number and the send time, where negotiated. */
  stamp(packet: Buffer, transportSequenceNumber: number, sendTime: number): void;
  /** Stamps when the packet leaves into the timing that it was built with, where negotiated. */
  stampExit(packet: Buffer, timing: PictureTiming, nowUs: number): void;
}

/** Bytes of a packet of ours before its payload. @see RFC 3550 §5.1 */
export function rtpHeaderBytes(packet: Buffer): number {
  return ((packet[0] ?? 0) & 0x10) === 0 ? 12 : 16 + packet.readUInt16BE(14) * 4;
}

type Offsets = { -readonly [K in keyof typeof extensionUris]?: number };

interface Template {
  readonly bytes: Buffer;
  /** Where each element's data begins in the packet. */
  readonly at: Readonly<Offsets>;
}

/** Where the pacer's exit stands in the timing extension. */
const exitOffset = 7;

/** Elements in an order that gives those stamped late the same place in every template. */
function elementsOf({ extensions, mid }: PacketLayoutOptions, start: boolean, timing: boolean) {
  const midBytes = [...Buffer.from(mid, 'utf8')];
  const elements: [keyof typeof extensionUris, readonly number[]][] = [
    ['transportWideCc', [0, 0]],
    ['absSendTime', [0, 0, 0]],
  ];
  if (timing) elements.push(['videoTiming', new Array<number>(13).fill(0)]);
  if (start) elements.push(['playoutDelay', [0, 0, 0]], ['absCaptureTime', new Array<number>(8).fill(0)]);
  if (midBytes.length > 0 && midBytes.length <= 16) elements.push(['mid', midBytes]);
  return elements.flatMap(([name, data]) => {
    const id = extensions[name];
    return id === undefined ? [] : [{ name, id, data }];
  });
}

function createTemplate(options: PacketLayoutOptions, twoByte: boolean, start: boolean, timing: boolean): Template {
  const at: Offsets = {};
  const block: number[] = [];
  for (const { name, id, data } of elementsOf(options, start, timing)) {
    block.push(...(twoByte ? [id, data.length] : [(id << 4) | (data.length - 1)]));
    at[name] = 16 + block.length;
    block.push(...data);
  }
  while (block.length % 4 !== 0) block.push(0);
  const bytes = Buffer.alloc(block.length > 0 ? 16 + block.length : 12);
  bytes[0] = block.length > 0 ? 0x90 : 0x80;
  bytes[1] = options.payloadType & 0x7f;
  bytes.writeUInt32BE(options.ssrc >>> 0, 8);
  if (block.length > 0) {
    bytes.writeUInt16BE(twoByte ? 0x1000 : 0xbede, 12);
    bytes.writeUInt16BE(block.length / 4, 14);
    bytes.set(block, 16);
  }
  return { bytes, at };
}

const clampMs = (ms: number) => Math.min(0xffff, Math.max(0, Math.round(ms)));

/** 12 bits each, in steps of 10 ms. */
function writePlayoutDelay(packet: Buffer, at: number, { minMs, maxMs }: PlayoutDelay): void {
  const steps = (ms: number) => Math.min(0xfff, Math.max(0, Math.round(ms / 10)));
  packet.writeUIntBE((steps(minMs) << 12) | steps(maxMs), at, 3);
}

/** The short form: our clock is the capturing one. @see http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time */
function writeCaptureTime(packet: Buffer, at: number, captureTimeUs: number): void {
  const { seconds, fraction } = ntpTime(captureTimeUs);
  packet.writeUInt32BE(seconds, at);
  packet.writeUInt32BE(fraction, at + 4);
}

/** Flag 1: chosen by time, not for its size. @see http://www.webrtc.org/experiments/rtp-hdrext/video-timing */
function writeTiming(packet: Buffer, at: number, timing: PictureTiming): void {
  const since = (us: number) => clampMs((us - timing.captureTimeUs) / 1_000);
  packet[at] = 1;
  packet.writeUInt16BE(since(timing.encodeStartUs), at + 1);
  packet.writeUInt16BE(since(timing.encodeEndUs), at + 3);
  packet.writeUInt16BE(since(timing.packetizedUs), at + 5);
}

/**
 * Packets of a stream use one form of extensions throughout: two bytes where an id needs it, one byte otherwise.
 * @see RFC 3550 §5.1, RFC 8285 §4
 */
export function createPacketLayout(options: PacketLayoutOptions): PacketLayout {
  const ids = Object.values(options.extensions);
  for (const id of ids) {
    invariant(Number.isInteger(id) && id >= 1 && id <= maxTwoByteId, 'extension ids are 1 to 255');
  }
  const twoByte = ids.some((id) => id > maxOneByteId);
  const template = (start: boolean, timing: boolean) => createTemplate(options, twoByte, start, timing);
  const plain = template(false, false);
  const withTiming = template(false, true);
  const withStart = template(true, false);
  const withBoth = template(true, true);
  const choose = (start: boolean, timing: boolean) =>
    start ? (timing ? withBoth : withStart) : timing ? withTiming : plain;
  return {
    build: (
      { sequenceNumber, timestamp, marker, payloadType = options.payloadType },
      parts,
      { start, timing } = {},
    ) => {
      const { bytes, at } = choose(start !== undefined, timing !== undefined);
      let size = bytes.length;
      for (const part of parts) size += part.length;
      const packet = Buffer.allocUnsafe(size);
      bytes.copy(packet, 0);
      packet[1] = (marker ? 0x80 : 0) | (payloadType & 0x7f);
      packet.writeUInt16BE(sequenceNumber & 0xffff, 2);
      packet.writeUInt32BE(timestamp >>> 0, 4);
      if (start && at.playoutDelay !== undefined) writePlayoutDelay(packet, at.playoutDelay, start.playoutDelay);
      if (start && at.absCaptureTime !== undefined) writeCaptureTime(packet, at.absCaptureTime, start.captureTimeUs);
      if (timing && at.videoTiming !== undefined) writeTiming(packet, at.videoTiming, timing);
      let offset = bytes.length;
      for (const part of parts) {
        packet.set(part, offset);
        offset += part.length;
      }
      return packet;
    },
    stamp: (packet, transportSequenceNumber, sendTime) => {
      const { transportWideCc, absSendTime } = plain.at;
      if (transportWideCc !== undefined) packet.writeUInt16BE(transportSequenceNumber & 0xffff, transportWideCc);
      if (absSendTime !== undefined) packet.writeUIntBE(sendTime, absSendTime, 3);
    },
    stampExit: (packet, { captureTimeUs }, nowUs) => {
      const at = withTiming.at.videoTiming;
      if (at !== undefined) packet.writeUInt16BE(clampMs((nowUs - captureTimeUs) / 1_000), at + exitOffset);
    },
  };
}

/**
 * The same packet as part of a retransmission stream: its header with all extensions, then the original sequence number.
 * @see RFC 4588 §4
 */
export function rebuildAsRtx(
  packet: Buffer,
  rtx: { readonly ssrc: number; readonly payloadType: number; readonly sequenceNumber: number },
): Buffer {
  const headerBytes = rtpHeaderBytes(packet);
  const rebuilt = Buffer.allocUnsafe(packet.length + 2);
  packet.copy(rebuilt, 0, 0, headerBytes);
  packet.copy(rebuilt, headerBytes, 2, 4);
  packet.copy(rebuilt, headerBytes + 2, headerBytes);
  rebuilt[1] = ((packet[1] ?? 0) & 0x80) | (rtx.payloadType & 0x7f);
  rebuilt.writeUInt16BE(rtx.sequenceNumber & 0xffff, 2);
  rebuilt.writeUInt32BE(rtx.ssrc >>> 0, 8);
  return rebuilt;
}
