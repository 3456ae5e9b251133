import { AV_LOG_ERROR, FF_DECODER_LIBDAV1D } from 'node-av/constants';
import { Codec, CodecContext, Frame, Log, Packet } from 'node-av/lib';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { obuTypes, readObus } from '../rtp/av1-obus.js';
import { createAv1Encoder } from './av1-encoder.js';
import { asyncStackBytes, koffi } from './native-library.js';
import { drawMoving, encodeMoving, mbps, movingFps, picturesDrawn } from './testing/moving-pictures.js';
import { createVideoEncoder, type VideoEncoder } from './video-encoder.js';

const options = { width: 320, height: 192, fps: movingFps, bitrateBps: 2_000_000, threads: 2 };
let encoder: VideoEncoder;

beforeAll(() => Log.setLevel(AV_LOG_ERROR));
afterEach(() => encoder.close());

const encode = (count: number) => encodeMoving(encoder, count);

describe('createAv1Encoder', () => {
  it('makes a key frame first, then on demand only, each with a sequence header, and its pictures can be decoded', async () => {
    encoder = await createAv1Encoder(options);
    const made = await encode(20);
    drawMoving(encoder);
    made.push(await encoder.encode((picturesDrawn(encoder) + 1) * 20_000, true), ...(await encode(2)));
    expect(made.flatMap(({ keyFrame }, index) => (keyFrame ? [index] : []))).toEqual([0, 20]);
    const withHeader = made.map(({ data }) => readObus(data).some(({ type }) => type === obuTypes.sequenceHeader));
    expect(withHeader).toEqual(made.map(({ keyFrame }) => keyFrame));

    const decoder = new CodecContext();
    const codec = Codec.findDecoderByName(FF_DECODER_LIBDAV1D);
    decoder.allocContext3(codec);
    decoder.threadCount = 1;
    await decoder.open2(codec, null);
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
    // What comes out is what went in, but for the losses of noise at this rate.
    const row = frame.data?.[0]?.subarray(0, options.width) ?? Buffer.alloc(0);
    const mean = row.reduce((total, value) => total + value, 0) / row.length;
    expect(mean).toBeGreaterThan(110);
    expect(mean).toBeLessThan(121);
    for (const native of [packet, frame]) native.free();
    decoder.freeContext();
  });

  it('follows any new bitrate on the running encoder, without a key frame', async () => {
    encoder = await createAv1Encoder(options);
    await encode(20);
    for (const expected of [2, 0.5, 4]) {
      encoder.setBitrate(expected * 1_000_000);
      await encode(20);
      const made = await encode(50);
      expect(mbps(made)).toBeGreaterThan(expected * 0.75);
      expect(mbps(made)).toBeLessThan(expected * 1.25);
      expect(made.some(({ keyFrame }) => keyFrame)).toBe(false);
    }
  });

  it('saves no bits up for later while the screen stands still', async () => {
    encoder = await createAv1Encoder(options);
    await encode(30);
    drawMoving(encoder);
    const { data } = await encoder.encode((picturesDrawn(encoder) + 500) * 20_000, false);
    expect(data.length).toBeLessThan((5 * options.bitrateBps) / 8 / movingFps);
  });

  it('encodes the pixels of another encoder, which may be closed first', async () => {
    const other = await createVideoEncoder(options);
    encoder = await createAv1Encoder(options, other.frame);
    drawMoving(other);
    const written = Buffer.from(other.frame.data?.[0] ?? []);
    other.close();
    expect(encoder.frame.data?.[0]?.equals(written)).toBe(true);
    expect((await encoder.encode(0, false)).keyFrame).toBe(true);
  });

  it('has room on the stack for what text makes of it', async () => {
    // With koffi's own stack this ends the process.
    expect(koffi.config().async_stack_size).toBe(asyncStackBytes);
    const size = { width: 1_280, height: 720 };
    encoder = await createAv1Encoder({ ...options, ...size, bitrateBps: 1_000_000 });
    const [luma, ...chroma] = encoder.frame.data ?? [];
    const [stride = 0] = encoder.frame.linesize;
    for (const plane of chroma) plane.fill(128);
    for (let picture = 0; picture < 30; picture++) {
      for (let row = 0; luma && row < size.height; row++) {
        for (let column = 0; column < size.width; column++) {
          const line = Math.floor((row + 4 * picture) / 18);
          const ink = Math.imul(Math.floor(column / 3) * 31 + line * 17, 0x9e37_79b1) >>> 29 > 4;
          luma[row * stride + column] = ink && (row + 4 * picture) % 18 < 11 ? 30 : 235;
        }
      }
      expect((await encoder.encode(picture * 20_000, false)).data.length).toBeGreaterThan(0);
    }
  });

  it('is a named error when it is used after its end', async () => {
    encoder = await createAv1Encoder(options);
    encoder.close();
    await expect(encoder.encode(0, false)).rejects.toMatchObject({ code: 'encoder-failed' });
  });
});
