import { AV_LOG_ERROR, FF_DECODER_H264 } from 'node-av/constants';
import { Codec, CodecContext, Frame, Log, Packet } from 'node-av/lib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { splitAnnexB } from '../rtp/h264-packetizer.js';
import { openX264, type X264Encoder, type X264Picture } from './libx264.js';
import { koffi } from './native-library.js';
import { drawMoving } from './testing/moving-pictures.js';
import { createInputFrame, createVideoEncoder } from './video-encoder.js';
import { isKnownLayout, newParamBlock, x264Param } from './x264-settings.js';

const options = { width: 320, height: 192, fps: 50, threads: 2 };
const encoderFailed = expect.objectContaining({ code: 'encoder-failed' });
let frame: Frame;
let encoder: X264Encoder;

beforeAll(() => Log.setLevel(AV_LOG_ERROR));
beforeEach(() => {
  frame = createInputFrame('test', options);
  for (const plane of frame.data ?? []) plane.fill(128);
  encoder = openX264(frame, options);
});
afterEach(() => {
  encoder.close();
  frame.free();
});

/** Types of the NAL units of an Annex-B access unit. */
function unitTypes(data: Buffer): number[] {
  const types: number[] = [];
  for (let at = data.indexOf('000001', 0, 'hex'); at >= 0; at = data.indexOf('000001', at + 3, 'hex')) {
    types.push((data[at + 3] ?? 0) & 31);
  }
  return types;
}

/** SPS and PPS without their start codes. */
function setsOf(data: Buffer): string[] {
  const units = splitAnnexB(data).filter((unit) => [7, 8].includes((unit[0] ?? 0) & 31));
  return units.map((unit) => unit.toString('hex'));
}

const draw = () => drawMoving({ frame });
async function take(quantizer: number, forceKeyFrame = false): Promise<X264Picture> {
  draw();
  return await encoder.encode({ quantizer, forceKeyFrame });
}

const rowsOf = ({ data, linesize, height, width }: Frame): Buffer[] => {
  const [stride = 0] = linesize;
  return Array.from({ length: height }, (_, row) =>
    Buffer.from(data?.[0]?.subarray(row * stride, row * stride + width) ?? []),
  );
};

function meanSquaredError(shown: readonly Buffer[], drawn: readonly Buffer[]): number {
  let sum = 0;
  for (const [row, line] of shown.entries()) {
    for (const [column, value] of line.entries()) sum += (value - (drawn[row]?.[column] ?? 0)) ** 2;
  }
  return sum / (options.width * options.height);
}

describe('openX264', () => {
  it('makes a key frame first, then on demand only, each with SPS and PPS in front', async () => {
    const made: X264Picture[] = [];
    for (let index = 0; index < 12; index++) made.push(await take(30, index === 7));
    expect(made.flatMap(({ keyFrame }, index) => (keyFrame ? [index] : []))).toEqual([0, 7]);
    for (const { data, keyFrame } of made) {
      const types = unitTypes(data);
      // One slice for each thread.
      expect(types.filter((type) => type <= 5)).toEqual(keyFrame ? [5, 5] : [1, 1]);
      expect(types.slice(0, 2)).toEqual(keyFrame ? [7, 8] : [1, 1]);
    }
  });

  it('codes each picture with its own quantizer, between key frames, and it can be decoded at once', async () => {
    const decoder = new CodecContext();
    decoder.allocContext3(Codec.findDecoderByName(FF_DECODER_H264));
    // More threads would hold pictures back.
    decoder.threadCount = 1;
    await decoder.open2(null, null);
    const shown = new Frame();
    shown.alloc();
    const packet = new Packet();
    packet.alloc();
    await take(51).then(({ data }) => decode(data));
    async function decode(data: Buffer): Promise<number> {
      packet.data = data;
      expect(await decoder.sendPacket(packet)).toBe(0);
      expect(await decoder.receiveFrame(shown)).toBe(0);
      expect([shown.width, shown.height]).toEqual([options.width, options.height]);
      return meanSquaredError(rowsOf(shown), rowsOf(frame));
    }
    const rows: { quantizer: number; bytes: number; error: number; keyFrame: boolean }[] = [];
    for (const asked of [30, 24, 18, 12, 6, 1]) {
      const { data, quantizer, keyFrame } = await take(asked);
      rows.push({ quantizer, bytes: data.length, error: await decode(data), keyFrame });
    }
    expect(rows.map(({ quantizer }) => quantizer)).toEqual([30, 24, 18, 12, 6, 1]);
    expect(rows.some(({ keyFrame }) => keyFrame)).toBe(false);
    for (const [index, row] of rows.slice(1).entries()) {
      expect(row.bytes).toBeGreaterThan((rows[index]?.bytes ?? 0) * 1.2);
      expect(row.error).toBeLessThan(rows[index]?.error ?? 0);
    }
    expect(rows.at(-1)?.error).toBeLessThan(0.5);
    // The extremes again, with a key frame: nothing of x264's own is added to what a key frame gets.
    expect(await take(1, true)).toMatchObject({ quantizer: 1, keyFrame: true });
    expect(await take(51, true)).toMatchObject({ quantizer: 51, keyFrame: true });
    for (const native of [packet, shown]) native.free();
    decoder.freeContext();
  });

  it.each([
    [1_280, 720, 30],
    [1_920, 1_080, 60],
    [1_366, 768, 30],
  ])('describes %i×%i at %i a second as the encoder of FFmpeg does', async (width, height, fps) => {
    const size = { width, height, fps, threads: 2 };
    const other = await createVideoEncoder({ ...size, bitrateBps: 6_000_000 });
    const ours = openX264(other.frame, size);
    const [{ data: expected }, { data }] = [
      await other.encode(0, false),
      await ours.encode({ quantizer: 40, forceKeyFrame: false }),
    ];
    ours.close();
    other.close();
    // Constrained baseline.
    expect(setsOf(data)[0]?.slice(0, 6)).toBe('6742c0');
    expect(setsOf(data)).toHaveLength(2);
    expect(setsOf(data)).toEqual(setsOf(expected));
  });

  it('refuses what it cannot encode', async () => {
    for (const wrong of [
      { width: 321 },
      { height: 0 },
      { width: 32_768 },
      { width: Number.NaN },
      { height: 200 },
      { fps: 0 },
      { fps: 1.5 },
      { threads: 0 },
    ]) {
      expect(() => openX264(frame, { ...options, ...wrong })).toThrow(encoderFailed);
    }
    for (const quantizer of [0, 67, 20.5, -1, Number.NaN]) {
      await expect(encoder.encode({ quantizer, forceKeyFrame: false })).rejects.toEqual(encoderFailed);
    }
    // It still works.
    expect((await take(30)).keyFrame).toBe(true);
  });

  it('encodes one picture at a time, which still comes when the encoder is closed and its frame freed', async () => {
    const request = { quantizer: 20, forceKeyFrame: false };
    draw();
    const running = encoder.encode(request);
    await expect(encoder.encode(request)).rejects.toEqual(encoderFailed);
    encoder.close();
    encoder.close();
    frame.free();
    expect(unitTypes((await running).data).slice(0, 2)).toEqual([7, 8]);
    await expect(encoder.encode(request)).rejects.toEqual(encoderFailed);
    encoder.close();
    frame = createInputFrame('test', options);
  });

  it('gives back what it took', async () => {
    const cycle = async () => {
      const other = openX264(frame, options);
      await other.encode({ quantizer: 30, forceKeyFrame: false });
      other.close();
    };
    for (let index = 0; index < 20; index++) await cycle();
    const before = process.memoryUsage.rss();
    for (let index = 0; index < 200; index++) await cycle();
    // One that is not closed takes about 8 MB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
  });
});

describe('isKnownLayout', () => {
  it('takes the defaults of this library, and no block in which anything is elsewhere', () => {
    const library = koffi.load('libx264.so.164');
    const write = library.func('int x264_param_default_preset(void *, const char *, const char *)');
    const block = newParamBlock();
    expect(isKnownLayout(block)).toBe(false);
    write(block, 'ultrafast', 'zerolatency');
    expect(isKnownLayout(block)).toBe(true);
    for (const at of Object.values(x264Param)) {
      const other = Buffer.from(block);
      other.writeInt32LE(other.readInt32LE(at) + 1, at);
      expect(isKnownLayout(other)).toBe(false);
    }
    const longer = Buffer.from(block);
    longer[1_024] = 0;
    expect(isKnownLayout(longer)).toBe(false);
  });
});
