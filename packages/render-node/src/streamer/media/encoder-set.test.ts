import { AppError } from '@cloudstage/protocol';
import { AV_LOG_ERROR } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { VideoCodec } from '../video-codec.js';
import { createEncoderSet, type EncoderSet, type OpenEncoder } from './encoder-set.js';
import { createVideoEncoder, type VideoEncoder } from './video-encoder.js';
import { createVp8Encoder } from './vp8-encoder.js';

const options = { width: 320, height: 192, fps: 30, bitrateBps: 2_000_000, threads: 1 };
const failed = new AppError('encoder-failed', 'no');

/** A gate that encoders can be held at. */
function createGate() {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

interface Faults {
  readonly open?: VideoCodec;
  /** Its second picture fails. */
  readonly encode?: VideoCodec;
  /** Encoders open, and begin with a picture, when this resolves. */
  readonly openGate?: Promise<void>;
  readonly encodeGate?: Promise<void>;
}

let set: EncoderSet;
beforeAll(() => Log.setLevel(AV_LOG_ERROR));
afterEach(() => set.close());

/** A set of real encoders for H.264 and VP8, with faults put in front of them. */
function createSet(faults: Faults) {
  const failures: VideoCodec[] = [];
  const pictures: VideoCodec[] = [];
  const atWork = new Set<VideoCodec>();
  const open = new Set<VideoCodec>();
  /** Closed while it was at work. */
  const hurt: VideoCodec[] = [];
  const watched = (codec: VideoCodec, encoder: VideoEncoder): VideoEncoder => {
    let count = 0;
    open.add(codec);
    return {
      ...encoder,
      encode: async (captureTimeUs, forceKeyFrame) => {
        atWork.add(codec);
        try {
          await faults.encodeGate;
          const picture = await encoder.encode(captureTimeUs, forceKeyFrame);
          if (faults.encode === codec && ++count === 2) throw failed;
          return picture;
        } finally {
          atWork.delete(codec);
        }
      },
      close: () => {
        if (atWork.size > 0) hurt.push(codec);
        open.delete(codec);
        encoder.close();
      },
    };
  };
  const openEncoder: OpenEncoder = async (codec, wanted, shared) => {
    await faults.openGate;
    if (faults.open === codec) throw failed;
    return watched(codec, await (codec === 'VP8' ? createVp8Encoder : createVideoEncoder)(wanted, shared));
  };
  set = createEncoderSet(openEncoder, options, {
    onFailure: (codec) => failures.push(codec),
    onPicture: (codec) => pictures.push(codec),
  });
  for (const plane of set.frame.data ?? []) plane.fill(128);
  const encode = async (at: number) =>
    (await set.encode(at * 33_000, false)).map(({ codec, keyFrame }) => `${codec}${keyFrame ? ' key' : ''}`);
  return { failures, pictures, open, hurt, encode };
}

it('leaves out what cannot be opened; the others make their pictures', async () => {
  const { failures, pictures, open, encode } = createSet({ open: 'VP8' });
  await set.use(['H264', 'VP8']);
  expect(failures).toEqual(['VP8']);
  expect(await encode(0)).toEqual(['H264 key']);
  expect(pictures).toEqual(['H264']);
  expect([...open]).toEqual(['H264']);
  // Asked for again, it is tried again.
  await set.use(['H264', 'VP8']);
  expect(failures).toEqual(['VP8', 'VP8']);
  expect(await encode(1)).toEqual(['H264']);
});

it.each([
  ['VP8', 'H264'],
  ['H264', 'VP8'],
] as const)('closes %s when it fails mid-way and gives the picture of %s of the same round', async (bad, good) => {
  const { failures, open, hurt, encode } = createSet({ encode: bad });
  await set.use(['H264', 'VP8']);
  expect(await encode(0)).toEqual(['H264 key', 'VP8 key']);
  expect(await encode(1)).toEqual([good]);
  expect(failures).toEqual([bad]);
  expect([...open]).toEqual([good]);
  expect(await encode(2)).toEqual([good]);
  // The encoder that comes in its place begins with a key frame, the other goes on.
  await set.use(['H264', 'VP8']);
  expect(set.isFresh).toBe(true);
  expect((await encode(3)).sort()).toEqual([`${bad} key`, good].sort());
  expect(hurt).toEqual([]);
});

it('is empty when all have failed, and makes no pictures', async () => {
  const { encode } = createSet({ encode: 'H264' });
  await set.use(['H264']);
  await encode(0);
  expect(await encode(1)).toEqual([]);
  expect(set.isEmpty).toBe(true);
  expect(await encode(2)).toEqual([]);
});

it('closes encoders at work when they have ended, also those that fail', async () => {
  const gate = createGate();
  const { failures, open, hurt, encode } = createSet({ encode: 'VP8', encodeGate: gate.passed });
  await set.use(['H264', 'VP8']);
  const first = encode(0);
  gate.open();
  await first;
  const second = encode(1);
  set.close();
  expect(open.size).toBe(2);
  expect(await second).toEqual(['H264']);
  expect({ failures, hurt, open: [...open] }).toEqual({ failures: ['VP8'], hurt: [], open: [] });
});

it('opens nothing more when it is closed while it opens, and keeps nothing open', async () => {
  const gate = createGate();
  const { open, failures } = createSet({ openGate: gate.passed });
  const opening = set.use(['H264', 'VP8']);
  set.close();
  gate.open();
  await opening;
  expect({ open: [...open], failures }).toEqual({ open: [], failures: [] });
  expect(set.isEmpty).toBe(true);
});
