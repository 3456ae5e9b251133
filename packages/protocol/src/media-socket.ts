import { limits } from './limits.js';

/**
 * Messages of the WebSocket path (sub-protocol `media-v1`): one binary WebSocket message each, all numbers big-endian. PURE.
 * @see docs/reference/wire-protocol.md "The WebSocket path"
 */

/** Sub-protocol that both ends ask for. */
export const mediaSocketProtocol = 'media-v1';

/** Path of the WebSocket at the control plane and at the streamer. */
export const mediaSocketPath = '/play';

/** First bytes. 12 to 16 are Cloudstage extensions. */
export const mediaKinds = {
  channelOpen: 10,
  message: 11,
  received: 12,
  channelClosed: 13,
  keyFrameWanted: 14,
  voice: 15,
  voiceReceived: 16,
  opus: 101,
  h264: 103,
  vp8: 105,
} as const;

/** Bounds of the messages. */
export const mediaSocketLimits = {
  /** A key frame of a noisy 1080p screen at 50 Mbit/s is below 1 MB; larger sizes have room. */
  frameBytes: 16 * 1024 * 1024,
  /** One channel message with its head. */
  clientMessageBytes: limits.channelMessageBytes + 128,
  labelChars: 64,
  /** The longest Opus packet of one frame (RFC 6716 §3.2); one of 20 ms of speech has 80 bytes. */
  voicePacketBytes: 1_276,
  /** Packets of a voice that its client waits for less than this many receipts with; the server sends one with every fifth. */
  voiceInFlight: 50,
  voicePerReceipt: 5,
  /** The server's first message has a few hundred. */
  helloChars: 4_096,
} as const;

/** One message of either direction. Bytes are views into the message. */
export type MediaMessage =
  /** An encoded picture (`h264`: Annex-B; `vp8`: a frame of RFC 6386) or sound packet; the timestamp is the capture time in 90 kHz ticks modulo 2³². */
  | { readonly type: 'h264' | 'vp8' | 'opus'; readonly timestamp: number; readonly data: Uint8Array }
  | { readonly type: 'channel-open' | 'channel-closed'; readonly label: string }
  /** One message of a channel; text is UTF-8. */
  | { readonly type: 'message'; readonly label: string; readonly binary: boolean; readonly data: Uint8Array }
  /** Client → server: bytes of binary messages that have arrived so far, modulo 2³². */
  | { readonly type: 'received'; readonly bytes: number }
  /** Client → server: the decoder cannot go on without a key frame. */
  | { readonly type: 'key-frame-wanted' }
  | VoiceMessage
  /** Server → client: the newest packet of the voice that has arrived. */
  | { readonly type: 'voice-received'; readonly sequenceNumber: number };

/** Client → server: one Opus packet of the user's microphone, 48 kHz. */
export interface VoiceMessage {
  readonly type: 'voice';
  /** Counts the packets that are sent, modulo 2¹⁶. */
  readonly sequenceNumber: number;
  /** Of the first sample, 48 kHz of any epoch, modulo 2³². */
  readonly timestamp: number;
  readonly data: Uint8Array;
}

/** Length of the head of a picture or sound packet. */
export const mediaHeadBytes = 5;

const voiceHeadBytes = 7;

function readLabel(bytes: Uint8Array): string | null {
  if (bytes.length === 0 || bytes.length > mediaSocketLimits.labelChars) return null;
  for (const byte of bytes) if (byte < 0x20 || byte > 0x7e) return null;
  return String.fromCharCode(...bytes);
}

function labelBytes(label: string): Uint8Array {
  return Uint8Array.from(label, (character) => character.charCodeAt(0) & 0x7f);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function parseChannelMessage(bytes: Uint8Array): MediaMessage | null {
  if (bytes.length < 6 || (bytes[1] ?? 2) > 1) return null;
  const labelEnd = 6 + view(bytes).getUint32(2);
  if (labelEnd + 4 > bytes.length) return null;
  const label = readLabel(bytes.subarray(6, labelEnd));
  const dataBytes = view(bytes).getUint32(labelEnd);
  if (label === null || labelEnd + 4 + dataBytes !== bytes.length) return null;
  return { type: 'message', label, binary: bytes[1] === 1, data: bytes.subarray(labelEnd + 4) };
}

function parseVoice(bytes: Uint8Array): MediaMessage | null {
  const dataBytes = bytes.length - voiceHeadBytes;
  if (dataBytes < 1 || dataBytes > mediaSocketLimits.voicePacketBytes) return null;
  const sequenceNumber = view(bytes).getUint16(1);
  return { type: 'voice', sequenceNumber, timestamp: view(bytes).getUint32(3), data: bytes.subarray(voiceHeadBytes) };
}

/** Reads one message; null for one that is malformed or of an unknown kind. Never throws, copies nothing. PURE. */
export function parseMediaMessage(bytes: Uint8Array): MediaMessage | null {
  switch (bytes[0]) {
    case mediaKinds.h264:
    case mediaKinds.vp8:
    case mediaKinds.opus:
      if (bytes.length <= mediaHeadBytes || bytes.length > mediaSocketLimits.frameBytes) return null;
      return {
        type: bytes[0] === mediaKinds.h264 ? 'h264' : bytes[0] === mediaKinds.vp8 ? 'vp8' : 'opus',
        timestamp: view(bytes).getUint32(1),
        data: bytes.subarray(mediaHeadBytes),
      };
    case mediaKinds.channelOpen:
    case mediaKinds.channelClosed: {
      const label = readLabel(bytes.subarray(1));
      if (label === null) return null;
      return { type: bytes[0] === mediaKinds.channelOpen ? 'channel-open' : 'channel-closed', label };
    }
    case mediaKinds.message:
      return parseChannelMessage(bytes);
    case mediaKinds.received:
      return bytes.length === 5 ? { type: 'received', bytes: view(bytes).getUint32(1) } : null;
    case mediaKinds.keyFrameWanted:
      return bytes.length === 1 ? { type: 'key-frame-wanted' } : null;
    case mediaKinds.voice:
      return parseVoice(bytes);
    case mediaKinds.voiceReceived:
      return bytes.length === 3 ? { type: 'voice-received', sequenceNumber: view(bytes).getUint16(1) } : null;
    default:
      return null;
  }
}

/** Head of a picture or sound packet; the payload follows it in the same message. PURE. */
export function buildMediaHead(type: 'h264' | 'vp8' | 'opus', timestamp: number): Uint8Array {
  const head = new Uint8Array(mediaHeadBytes);
  head[0] = mediaKinds[type];
  view(head).setUint32(1, timestamp >>> 0);
  return head;
}

/** Opens or closes a channel. Labels are printable ASCII. PURE. */
export function buildChannelChange(type: 'channel-open' | 'channel-closed', label: string): Uint8Array {
  const bytes = new Uint8Array(1 + label.length);
  bytes[0] = type === 'channel-open' ? mediaKinds.channelOpen : mediaKinds.channelClosed;
  bytes.set(labelBytes(label), 1);
  return bytes;
}

/** One message of a channel. PURE. */
export function buildChannelMessage(label: string, data: Uint8Array, binary = false): Uint8Array {
  const bytes = new Uint8Array(10 + label.length + data.length);
  bytes[0] = mediaKinds.message;
  bytes[1] = binary ? 1 : 0;
  view(bytes).setUint32(2, label.length);
  bytes.set(labelBytes(label), 6);
  view(bytes).setUint32(6 + label.length, data.length);
  bytes.set(data, 10 + label.length);
  return bytes;
}

/** Tells the server how much has arrived. PURE. */
export function buildReceived(bytes: number): Uint8Array {
  const message = new Uint8Array(5);
  message[0] = mediaKinds.received;
  view(message).setUint32(1, bytes >>> 0);
  return message;
}

/** Asks for a key frame. PURE. */
export function buildKeyFrameWanted(): Uint8Array {
  return Uint8Array.of(mediaKinds.keyFrameWanted);
}

/** One packet of the user's voice. @throws RangeError when `data` is longer than {@link mediaSocketLimits.voicePacketBytes}. PURE. */
export function buildVoice(sequenceNumber: number, timestamp: number, data: Uint8Array): Uint8Array {
  if (data.length > mediaSocketLimits.voicePacketBytes) throw new RangeError('a packet of a voice is too long');
  const message = new Uint8Array(voiceHeadBytes + data.length);
  message[0] = mediaKinds.voice;
  view(message).setUint16(1, sequenceNumber & 0xffff);
  view(message).setUint32(3, timestamp >>> 0);
  message.set(data, voiceHeadBytes);
  return message;
}

/** Tells the client that its voice has arrived up to a packet. PURE. */
export function buildVoiceReceived(sequenceNumber: number): Uint8Array {
  const message = new Uint8Array(3);
  message[0] = mediaKinds.voiceReceived;
  view(message).setUint16(1, sequenceNumber & 0xffff);
  return message;
}

/** First message of the server, as text: what it is going to send, and what it takes. */
export interface MediaSocketHello {
  readonly Type: 'CreateSession';
  readonly Data: {
    readonly Code: 0;
    readonly Video: 'h264' | 'vp8';
    readonly Audio: {
      readonly Codec: 'opus';
      readonly Channels: number;
      readonly SampleRate: number;
      readonly PcmFrameSize: number;
    };
    /** It hears this client's user; absent: it does not, or does not know {@link VoiceMessage}, and ends with one that sends some. */
    readonly Voice?: { readonly Codec: 'opus' };
  };
}

/** What a client learns from the first message of the server. */
export interface ServerHello {
  readonly takesVoice: boolean;
}

/** Reads the first message of the server; null for a text that is none. Never throws. PURE. */
export function parseMediaHello(text: string): ServerHello | null {
  if (text.length > mediaSocketLimits.helloChars) return null;
  try {
    const { Type, Data } = JSON.parse(text) as { readonly Type?: unknown; readonly Data?: unknown };
    if (Type !== 'CreateSession' || typeof Data !== 'object' || Data === null) return null;
    const { Voice } = Data as { readonly Voice?: { readonly Codec?: unknown } | null };
    return { takesVoice: Voice?.Codec === 'opus' };
  } catch {
    return null;
  }
}
