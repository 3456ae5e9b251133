import { invariant } from '@cloudstage/protocol';
import type { Frame } from 'node-av/lib';
import type { VideoCodec } from '../video-codec.js';
import type { CodecFailures } from './codec-failures.js';
import { createInputFrame, type EncodedPicture, type VideoEncoder, type VideoEncoderOptions } from './video-encoder.js';

/** Opens an encoder that encodes the pixels of `shared`. Rejects with AppError `encoder-failed`. */
export type OpenEncoder = (codec: VideoCodec, options: VideoEncoderOptions, shared: Frame) => Promise<VideoEncoder>;

/**
 * One encoder for each codec that somebody receives, at most as many as there are codecs. All encode the pixels of one frame, at the same
 * time, so that a client of another codec costs an encode but no capture. An encoder that fails is closed and left out, the others go on.
 */
export interface EncoderSet {
  readonly options: VideoEncoderOptions;
  /** I420 input, to be filled before {@link encode}; must not be written while a call is in progress. */
  readonly frame: Frame;
  readonly isEmpty: boolean;
  /** Some encoder has made no picture yet: its first one takes long, and is a key frame. */
  readonly isFresh: boolean;
  /**
   * Opens what is missing for these codecs and closes what is not among them. Not while {@link encode} is in progress. Never rejects: what cannot
   * be opened is reported and stays missing.
   */
  use(codecs: readonly VideoCodec[]): Promise<void>;
  /** A picture of each codec whose encoder makes one. One call at a time. Never rejects: what fails is reported, closed and missing from then on. */
  encode(captureTimeUs: number, forceKeyFrame: boolean): Promise<EncodedPicture[]>;
  setBitrate(bitrateBps: number): void;
  /** Encoders at work are closed when they have ended. Idempotent. */
  close(): void;
}

interface Member {
  readonly encoder: VideoEncoder;
  fresh: boolean;
}

/**
 * Creates a set without encoders; {@link EncoderSet.use} opens them.
 * @param observer is told of each failure, of a member that is closed by then, and of each picture
 * @throws AppError `encoder-failed` when there is no memory for the frame
 */
export function createEncoderSet(
  open: OpenEncoder,
  options: VideoEncoderOptions,
  observer: Pick<CodecFailures, 'onFailure' | 'onPicture'>,
): EncoderSet {
  const members = new Map<VideoCodec, Member>();
  const frame = createInputFrame('input', options);
  let { bitrateBps } = options;
  let closed = false;
  let working = false;
  const closeMember = (codec: VideoCodec) => {
    members.get(codec)?.encoder.close();
    members.delete(codec);
  };
  const release = () => {
    for (const codec of [...members.keys()]) closeMember(codec);
    frame.free();
  };
  /** Nothing is closed under an encoder at work, not even when the set is. */
  const work = async <T>(task: () => Promise<T>): Promise<T> => {
    invariant(!working && !closed, 'an encoder set is open, and does one thing at a time');
    working = true;
    try {
      return await task();
    } finally {
      working = false;
      if (closed) release();
    }
  };
  const add = async (codec: VideoCodec) => {
    try {
      members.set(codec, { encoder: await open(codec, { ...options, bitrateBps }, frame), fresh: true });
    } catch (error) {
      observer.onFailure(codec, error);
    }
  };
  return {
    options,
    frame,
    get isEmpty() {
      return members.size === 0;
    },
    get isFresh() {
      return [...members.values()].some(({ fresh }) => fresh);
    },
    use: (codecs) =>
      work(async () => {
        for (const codec of [...members.keys()]) if (!codecs.includes(codec)) closeMember(codec);
        for (const codec of codecs) if (!members.has(codec) && !closed) await add(codec);
      }),
    encode: (captureTimeUs, forceKeyFrame) =>
      work(async () => {
        const codecs = [...members.keys()];
        // All end before anything is closed.
        const results = await Promise.allSettled(
          [...members.values()].map(({ encoder }) => encoder.encode(captureTimeUs, forceKeyFrame)),
        );
        for (const member of members.values()) member.fresh = false;
        return codecs.flatMap((codec, index) => {
          const result = results[index];
          if (result?.status === 'fulfilled') {
            observer.onPicture(codec);
            return [result.value];
          }
          closeMember(codec);
          observer.onFailure(codec, result?.reason);
          return [];
        });
      }),
    setBitrate: (value) => {
      bitrateBps = value;
      for (const { encoder } of members.values()) encoder.setBitrate(value);
    },
    close: () => {
      if (closed) return;
      closed = true;
      if (!working) release();
    },
  };
}
