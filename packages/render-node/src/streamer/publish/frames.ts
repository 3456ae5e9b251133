import { AppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { publishLimits } from './limits.js';

const TargetSchema = Type.Union([
  Type.Object({ format: Type.Literal('flv'), url: Type.String() }, { additionalProperties: false }),
  Type.Object({ format: Type.Literal('mp4'), url: Type.String() }, { additionalProperties: false }),
]);

/**
 * Where pictures and sound go. flv: a stream on an RTMP connection. mp4: a fragmented file that can be played up to its last whole
 * fragment when its writer was killed; `url` is its path.
 */
export interface OutputTarget {
  readonly format: 'flv' | 'mp4';
  readonly url: string;
}

/**
 * What the streamer writes to its publisher process: frames of `u8 type, u32be length, payload`. PURE. Times are microseconds
 * of the push, from 0 on.
 */
export type PublishFrame =
  /** First and once. Not an argument of the process: others could read it there. */
  | { readonly type: 'open'; readonly target: OutputTarget }
  | {
      readonly type: 'video';
      readonly timeUs: number;
      readonly keyFrame: boolean;
      readonly width: number;
      readonly height: number;
      /** Annex-B access unit. */
      readonly data: Buffer;
    }
  /** 48 kHz, interleaved stereo, 16 bits, little endian. */
  | { readonly type: 'sound'; readonly timeUs: number; readonly data: Buffer };

const codes = { open: 1, video: 2, sound: 3 } as const;
const headerBytes = 5;
const videoFieldBytes = 13;
const soundFieldBytes = 8;

function header(code: number, payloadBytes: number, fieldBytes: number): Buffer {
  const buffer = Buffer.alloc(headerBytes + fieldBytes);
  buffer.writeUInt8(code, 0);
  buffer.writeUInt32BE(payloadBytes, 1);
  return buffer;
}

/** Bytes of a frame in two parts, so that the payload is not copied. */
export function encodeFrame(frame: PublishFrame): readonly [Buffer, Buffer] {
  if (frame.type === 'open') {
    const data = Buffer.from(JSON.stringify(frame.target), 'utf8');
    return [header(codes.open, data.length, 0), data];
  }
  const { data, timeUs } = frame;
  if (frame.type === 'sound') {
    const head = header(codes.sound, soundFieldBytes + data.length, soundFieldBytes);
    head.writeDoubleBE(timeUs, headerBytes);
    return [head, data];
  }
  const head = header(codes.video, videoFieldBytes + data.length, videoFieldBytes);
  head.writeDoubleBE(timeUs, headerBytes);
  head.writeUInt8(frame.keyFrame ? 1 : 0, headerBytes + 8);
  head.writeUInt16BE(frame.width, headerBytes + 9);
  head.writeUInt16BE(frame.height, headerBytes + 11);
  return [head, data];
}

function readTarget(payload: Buffer): OutputTarget {
  const value: unknown = JSON.parse(payload.toString('utf8'));
  if (Value.Check(TargetSchema, value)) return value;
  throw new AppError('publish-frame-invalid', 'the first frame has no target');
}

function decodeFrame(code: number, payload: Buffer): PublishFrame {
  switch (code) {
    case codes.open:
      return { type: 'open', target: readTarget(payload) };
    case codes.video:
      return {
        type: 'video',
        timeUs: payload.readDoubleBE(0),
        keyFrame: payload.readUInt8(8) === 1,
        width: payload.readUInt16BE(9),
        height: payload.readUInt16BE(11),
        data: payload.subarray(videoFieldBytes),
      };
    case codes.sound:
      return { type: 'sound', timeUs: payload.readDoubleBE(0), data: payload.subarray(soundFieldBytes) };
    default:
      throw new AppError('publish-frame-invalid', `there is no frame of type ${code}`);
  }
}

/** Cuts a byte stream into frames. @throws AppError `publish-frame-invalid` for what no streamer writes. */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<PublishFrame> {
  let parts: Buffer[] = [];
  let length = 0;
  let wanted = headerBytes;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    while (length >= wanted) {
      const bytes = parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);
      parts = [bytes];
      const payloadBytes = bytes.readUInt32BE(1);
      if (payloadBytes > publishLimits.frameBytes) {
        throw new AppError('publish-frame-invalid', `a frame of ${payloadBytes} bytes`);
      }
      wanted = headerBytes + payloadBytes;
      if (length < wanted) break;
      yield decodeFrame(bytes.readUInt8(0), bytes.subarray(headerBytes, wanted));
      parts = [bytes.subarray(wanted)];
      length -= wanted;
      wanted = headerBytes;
    }
  }
}
