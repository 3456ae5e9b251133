import { invariant } from '@cloudstage/protocol';
import type { Frame } from 'node-av/lib';
import type { VideoCodec } from '../video-codec.js';
import { createInputFrame, type EncodedPicture, type VideoEncoder, type VideoEncoderOptions } from './video-encoder.js';

/** Opens an encoder that encodes the pixels of `shared`. Rejects with AppError `encoder-failed`. */
export type OpenEncoder = (codec: VideoCodec, options: VideoEncoderOptions, shared: Frame) => Promise<VideoEncoder>;

/**
 * One encoder for each codec that somebody receives, at most as many as there are codecs. All encode the pixels of one frame, at the same
 * time, so that a client of another codec costs an encode but no capture.
 */
export interface EncoderSet {
  readonly options: VideoEncoderOptions;
  /** I420 input, to be filled before {@link encode}; must not be written while a call is in progress. */
  readonly frame: Frame;
  /** Some encoder has made no picture yet: its first one takes long, and is a key frame. */
  readonly isFresh: boolean;
  /**
   * Opens what is missing for these codecs and closes what is not among them. Not while {@link encode} is in progress. Rejects like
   * {@link OpenEncoder}.
   */
  use(codecs: readonly VideoCodec[]): Promise<void>;
  /** A picture of each codec. One call at a time. Rejects when an encoder fails; the set is to be closed then. */
  encode(captureTimeUs: number, forceKeyFrame: boolean): Promise<EncodedPicture[]>;
  setBitrate(bitrateBps: number): void;
  /** Idempotent. */
  close(): void;
}

interface Member {
  readonly encoder: VideoEncoder;
  fresh: boolean;
}

/** Creates a set without encoders; {@link EncoderSet.use} opens them. @throws AppError `encoder-failed` */
export function createEncoderSet(open: OpenEncoder, options: VideoEncoderOptions): EncoderSet {
  const members = new Map<VideoCodec, Member>();
  const frame = createInputFrame('input', options);
  let { bitrateBps } = options;
  let closed = false;
  return {
    options,
    frame,
    get isFresh() {
      return [...members.values()].some(({ fresh }) => fresh);
    },
    use: async (codecs) => {
      for (const [codec, { encoder }] of [...members]) {
        if (codecs.includes(codec)) continue;
        members.delete(codec);
        encoder.close();
      }
      for (const codec of codecs) {
        if (members.has(codec)) continue;
        members.set(codec, { encoder: await open(codec, { ...options, bitrateBps }, frame), fresh: true });
      }
    },
    encode: async (captureTimeUs, forceKeyFrame) => {
      invariant(members.size > 0, 'a set without encoders makes no pictures');
      // All end before a failure is reported: nothing may be closed under an encoder at work.
      const results = await Promise.allSettled(
        [...members.values()].map(({ encoder }) => encoder.encode(captureTimeUs, forceKeyFrame)),
      );
      for (const member of members.values()) member.fresh = false;
      return results.map((result) => {
        if (result.status === 'rejected') throw result.reason;
        return result.value;
      });
    },
    setBitrate: (value) => {
      bitrateBps = value;
      for (const { encoder } of members.values()) encoder.setBitrate(value);
    },
    close: () => {
      if (closed) return;
      closed = true;
      for (const { encoder } of members.values()) encoder.close();
      members.clear();
      frame.free();
    },
  };
}
