import { AV_CODEC_ID_VP8, AV_LOG_ERROR } from 'node-av/constants';
import { Codec, CodecContext, Frame, Log, Packet } from 'node-av/lib';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drawMoving, encodeMoving, mbps, movingFps, picturesDrawn } from './testing/moving-pictures.js';
import { createVideoEncoder, type VideoEncoder } from './video-encoder.js';
import { createVp8Encoder } from './vp8-encoder.js';

const options = { width: 320, height: 192, fps: movingFps, bitrateBps: 4_000_000, threads: 2 };
let encoder: VideoEncoder;

beforeAll(() => Log.setLevel(AV_LOG_ERROR));
afterEach(() => encoder.close());

const encode = (count: number) => encodeMoving(encoder, count);

describe('createVp8Encoder', () => {
  it('makes a key frame first, then on demand only, and its pictures can be decoded', async () => {
    encoder = await createVp8Encoder(options);
    const made = await encode(20);
    drawMoving(encoder);
    made.push(await encoder.encode((picturesDrawn(encoder) + 1) * 20_000, true), ...(await encode(2)));
    expect(made.flatMap(({ keyFrame }, index) => (keyFrame ? [index] : []))).toEqual([0, 20]);
    // RFC 6386 §9.1: the first bit is 0 for a key frame.
    expect(made.map(({ data }) => ((data[0] ?? 0) & 1) === 0)).toEqual(made.map(({ keyFrame }) => keyFrame));

    const decoder = new CodecContext();
    decoder.allocContext3(Codec.findDecoder(AV_CODEC_ID_VP8));
    await decoder.open2(null, null);
    const frame = new Frame();
    frame.alloc();
    const packet = new Packet();
    packet.alloc();
    for (const { data } of made) {
      packet.data = data;
      expect(await decoder.sendPacket(packet)).toBe(0);
      expect(await decoder.receiveFrame(frame)).toBe(0);
      expect([frame.width, frame.height]).toEqual([320, 192]);
    }
    for (const native of [packet, frame]) native.free();
    decoder.freeContext();
  });

  it('follows a new bitrate without a key frame, and beyond what one encoder does with a new one', async () => {
    encoder = await createVp8Encoder(options);
    await encode(20);
    const full = await encode(50);
    encoder.setBitrate(2_000_000);
    await encode(20);
    const half = await encode(50);
    encoder.setBitrate(6_000_000);
    await encode(20);
    const more = await encode(50);
    for (const [made, expected] of [
      [full, 4],
      [half, 2],
      [more, 6],
    ] as const) {
      expect(mbps(made)).toBeGreaterThan(expected * 0.75);
      expect(mbps(made)).toBeLessThan(expected * 1.25);
      expect(made.some(({ keyFrame }) => keyFrame)).toBe(false);
    }
    encoder.setBitrate(800_000);
    const [first, ...others] = await encode(20);
    expect([first?.keyFrame, others.some(({ keyFrame }) => keyFrame)]).toEqual([true, false]);
  });

  it('encodes the pixels of another encoder, which may be closed first', async () => {
    const other = await createVideoEncoder(options);
    encoder = await createVp8Encoder(options, other.frame);
    drawMoving(other);
    const written = Buffer.from(other.frame.data?.[0] ?? []);
    other.close();
    expect(encoder.frame.data?.[0]?.equals(written)).toBe(true);
    expect((await encoder.encode(0, false)).keyFrame).toBe(true);
  });
});
