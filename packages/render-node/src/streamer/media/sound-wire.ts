import { AppError } from '@cloudstage/protocol';
import { mediaLimits } from './limits.js';

/**
 * What we need of PulseAudio's native protocol, version 19: one stream that records, and news of those of others. PURE apart from the parser's memory. A frame is a
 * descriptor of 20 bytes (length, channel, offset of 8 bytes, flags; big endian) and its payload: a message of tagged values on the control channel, samples on
 * that of a stream.
 * @see PulseAudio 16.1, src/pulsecore/pstream.c, tagstruct.c, native-common.h, protocol-native.c
 */

/** The oldest version that tells which streams are paused; 15 knows those that do not keep a device from being suspended. */
const protocolVersion = 19;
const controlChannel = 0xffffffff;
const invalidIndex = 0xffffffff;
const descriptorBytes = 20;
const cookieBytes = 256;

const commands = {
  error: 0,
  reply: 2,
  createRecordStream: 5,
  auth: 8,
  setClientName: 9,
  findSource: 11,
  listRecordingStreams: 32,
  subscribe: 35,
  killed: 65,
  changed: 66,
  suspended: 77,
} as const;

const tag = (name: string) => name.charCodeAt(0);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(5, tag('L'));
  bytes.writeUInt32BE(value, 1);
  return bytes;
};
const text = (value: string) => Buffer.from(`t${value}\0`, 'utf8');
const flag = (value: boolean) => Buffer.from(value ? '1' : '0', 'latin1');
const blob = (value: Buffer) => {
  const head = Buffer.alloc(5, tag('x'));
  head.writeUInt32BE(value.length, 1);
  return Buffer.concat([head, value]);
};
const property = (name: string, value: string) => {
  const data = Buffer.from(`${value}\0`, 'utf8');
  return Buffer.concat([text(name), u32(data.length), blob(data)]);
};
const properties = (values: Readonly<Record<string, string>>) =>
  Buffer.concat([
    Buffer.from('P'),
    ...Object.entries(values).map(([name, value]) => property(name, value)),
    Buffer.from('N'),
  ]);

function message(command: number, requestId: number, parts: readonly Buffer[]): Buffer {
  const payload = Buffer.concat([u32(command), u32(requestId), ...parts]);
  const descriptor = Buffer.alloc(descriptorBytes);
  descriptor.writeUInt32BE(payload.length, 0);
  descriptor.writeUInt32BE(controlChannel, 4);
  return Buffer.concat([descriptor, payload]);
}

/** Signed 16 bits, little endian (3), stereo, 48 kHz; front left (1), front right (2). */
const sampleFormat = Buffer.concat([
  Buffer.from([tag('a'), 3, 2]),
  u32(48_000).subarray(1),
  Buffer.from([tag('m'), 2, 1, 2]),
]);

/** Events of streams that record. */
const recordingStreamMask = 8;

/** Requests, in the order that a recorder or a watch makes them. Each is answered with its number. */
export const soundRequests = {
  /** Without a cookie: a slot's server lets in everybody who can open its socket. */
  authenticate: (requestId: number): Buffer =>
    message(commands.auth, requestId, [u32(protocolVersion), blob(Buffer.alloc(cookieBytes))]),
  setName: (requestId: number, name: string): Buffer =>
    message(commands.setClientName, requestId, [properties({ 'application.name': name })]),
  /**
   * Records `source` in pieces of `pieceBytes`, 48 kHz, stereo, 16 bits. The stream does not keep the source awake, and ends rather than being
   * moved to another source.
   */
  record: (requestId: number, source: string, pieceBytes: number): Buffer => {
    const [notCorked, adjustLatency, noMove, passive] = [flag(false), flag(true), flag(true), flag(true)];
    const no = flag(false);
    return message(commands.createRecordStream, requestId, [
      ...[
        sampleFormat,
        u32(invalidIndex),
        text(source),
        u32(mediaLimits.audioBacklogBytes),
        notCorked,
        u32(pieceBytes),
      ],
      // Remap, remix, format, rate and channels of the source as they are: false; then move, variable rate.
      ...[no, no, no, no, no, noMove, no],
      // Peaks only, latency of the source, properties, of one program only, early requests.
      ...[no, adjustLatency, properties({ 'media.name': 'stream' }), u32(invalidIndex), no],
      // Does not inhibit suspending; does not fail when suspended.
      ...[passive, no],
    ]);
  },
  /** Answered with the source's number. */
  findSource: (requestId: number, name: string): Buffer => message(commands.findSource, requestId, [text(name)]),
  /** From then on `streams-changed` comes when a program's stream begins, ends, pauses or goes on. */
  followRecordingStreams: (requestId: number): Buffer =>
    message(commands.subscribe, requestId, [u32(recordingStreamMask)]),
  /** Answered with what `readRecordingStreams` reads. */
  listRecordingStreams: (requestId: number): Buffer => message(commands.listRecordingStreams, requestId, []),
} as const;

/** What a server says. */
export type SoundServerMessage =
  /** Answer to a request; `suspended`: to {@link soundRequests.record}. */
  | { readonly type: 'reply'; readonly requestId: number; readonly values: TaggedValues }
  | { readonly type: 'refused'; readonly requestId: number; readonly code: number }
  /** The device of the stream rests, or does no more. */
  | { readonly type: 'suspended'; readonly suspended: boolean }
  /** The stream has ended. */
  | { readonly type: 'killed' }
  /** Something is new with streams that record, of whomever. */
  | { readonly type: 'streams-changed' }
  | { readonly type: 'other' };

const nothing = Buffer.alloc(0);

const broken = () => new AppError('sound-server-failed', 'the sound server sent what cannot be read');

/** Reads tagged values one after the other. @throws AppError `sound-server-failed` for another kind of value, or none */
export class TaggedValues {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  #take(kind: string, bytes: number): Buffer {
    const from = this.#at + 1;
    if (from + bytes > this.#data.length || !kind.includes(String.fromCharCode(this.#data[this.#at] ?? 0)))
      throw broken();
    this.#at = from + bytes;
    return this.#data.subarray(from - 1, from + bytes);
  }

  u32(): number {
    return this.#take('L', 4).readUInt32BE(1);
  }

  flag(): boolean {
    return this.#take('10', 0)[0] === tag('1');
  }

  /** A text, or none. */
  skipText(): void {
    if (this.#data[this.#at] === tag('N')) {
      this.#at += 1;
      return;
    }
    const end = this.#data.indexOf(0, this.#at);
    if (end < 0) throw broken();
    this.#take('t', end - this.#at);
  }

  skipMicroseconds(): void {
    this.#take('U', 8);
  }

  skipProperties(): void {
    this.#take('P', 0);
    while (this.#data[this.#at] === tag('t')) {
      this.skipText();
      this.#take('x', 4 + this.u32());
    }
    this.#take('N', 0);
  }

  get atEnd(): boolean {
    return this.#at >= this.#data.length;
  }

  skipFormat(): void {
    this.#take('a', 6);
    const channels = this.#data[this.#at + 1] ?? 0;
    this.#take('m', 1 + channels);
  }
}

/** Reads a control message. @throws AppError `sound-server-failed` */
export function parseSoundMessage(payload: Buffer): SoundServerMessage {
  const values = new TaggedValues(payload);
  const command = values.u32();
  const requestId = values.u32();
  switch (command) {
    case commands.reply:
      return { type: 'reply', requestId, values };
    case commands.error:
      return { type: 'refused', requestId, code: values.u32() };
    case commands.killed:
      return { type: 'killed' };
    case commands.changed:
      return { type: 'streams-changed' };
    case commands.suspended:
      values.u32();
      return { type: 'suspended', suspended: values.flag() };
    default:
      return { type: 'other' };
  }
}

/** Whether the source rests, from the answer to {@link soundRequests.record}. @throws AppError `sound-server-failed` */
export function isSuspended(values: TaggedValues): boolean {
  // Numbers of the channel and of the stream; longest queue and length of a piece; format; number and name of the source.
  for (let count = 0; count < 4; count++) values.u32();
  values.skipFormat();
  values.u32();
  values.skipText();
  return values.flag();
}

/** What comes of the bytes of a connection. Views are valid until the call returns. */
export interface FrameEvents {
  onMessage(payload: Buffer): void;
  onSamples(samples: Buffer): void;
}

/**
 * Cuts the bytes of a connection into frames. Keeps the beginning of one frame at most, whose length is bounded.
 * @returns takes the next bytes. @throws AppError `sound-server-failed`
 */
export function createFrameParser({ onMessage, onSamples }: FrameEvents): (data: Buffer) => void {
  let kept: Buffer = nothing;
  return (data) => {
    const all = kept.length > 0 ? Buffer.concat([kept, data]) : data;
    let at = 0;
    while (all.length - at >= descriptorBytes) {
      const length = all.readUInt32BE(at);
      const channel = all.readUInt32BE(at + 4);
      if (length > mediaLimits.soundFrameBytes) throw broken();
      const end = at + descriptorBytes + length;
      if (end > all.length) break;
      const payload = all.subarray(at + descriptorBytes, end);
      if (channel === controlChannel) onMessage(payload);
      else onSamples(payload);
      at = end;
    }
    kept = at < all.length ? Buffer.from(all.subarray(at)) : nothing;
  };
}
