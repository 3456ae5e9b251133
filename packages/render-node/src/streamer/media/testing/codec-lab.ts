import {
  AV_LOG_FATAL,
  FF_DECODER_H264,
  FF_DECODER_LIBDAV1D,
  FF_DECODER_VP8,
  type FFVideoDecoder,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Log, Packet } from 'node-av/lib';
import type { VideoCodec } from '../../video-codec.js';
import { createAv1Encoder } from '../av1-encoder.js';
import { createH264Opener } from '../h264-encoder.js';
import { createVideoEncoder, type VideoEncoder, type VideoEncoderOptions } from '../video-encoder.js';
import { createVp8Encoder } from '../vp8-encoder.js';
import { createX264Encoder } from '../x264-encoder.js';

/** One picture that went through an encoder and a decoder. */
export interface LabPicture {
  readonly bytes: number;
  readonly keyFrame: boolean;
  /** Processor time of the encoder on all threads, milliseconds. The process must do nothing else meanwhile. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** What a receiver sees: brightness, without padding. */
  readonly luma: Uint8Array;
}

/** An encoder as the streamer uses it, and a decoder behind it. */
export interface CodecLab {
  /** Draws into the planes (Y, U, V; strides in bytes), encodes and decodes. Rejects with AppError `encoder-failed`. */
  take(
    draw: (planes: readonly Uint8Array[], strides: readonly number[]) => void,
    atUs: number,
    forceKeyFrame: boolean,
  ): Promise<LabPicture>;
  close(): void;
}

/** Encoders that a lab may have: one for each codec as the streamer opens it, and x264 with our rate control at all bitrates, or with its own. */
export type LabEncoder = VideoCodec | 'H264-ours' | 'H264-vbv';

const encoders: Readonly<Record<LabEncoder, (options: VideoEncoderOptions) => Promise<VideoEncoder>>> = {
  H264: createH264Opener({ warn: () => undefined }),
  'H264-ours': createX264Encoder,
  'H264-vbv': createVideoEncoder,
  VP8: createVp8Encoder,
  AV1: createAv1Encoder,
};
const decoders: Readonly<Record<LabEncoder, FFVideoDecoder>> = {
  H264: FF_DECODER_H264,
  'H264-ours': FF_DECODER_H264,
  'H264-vbv': FF_DECODER_H264,
  VP8: FF_DECODER_VP8,
  AV1: FF_DECODER_LIBDAV1D,
};

async function openDecoder(name: LabEncoder): Promise<CodecContext> {
  const codec = Codec.findDecoderByName(decoders[name]);
  const context = new CodecContext();
  context.allocContext3(codec);
  // More threads would hold pictures back.
  context.threadCount = 1;
  await context.open2(codec, null);
  return context;
}

function lumaOf(frame: Frame): Uint8Array {
  const { width, height } = frame;
  const luma = new Uint8Array(width * height);
  const [plane] = frame.data ?? [];
  const [stride = 0] = frame.linesize;
  for (let row = 0; plane && row < height; row++) {
    luma.set(plane.subarray(row * stride, row * stride + width), row * width);
  }
  return luma;
}

/** Opens both. @throws AppError `encoder-failed` */
export async function openCodecLab(name: LabEncoder, options: VideoEncoderOptions): Promise<CodecLab> {
  Log.setLevel(AV_LOG_FATAL);
  const encoder = await encoders[name](options);
  const decoder = await openDecoder(name);
  const frame = new Frame();
  frame.alloc();
  const packet = new Packet();
  packet.alloc();
  return {
    take: async (draw, atUs, forceKeyFrame) => {
      draw(encoder.frame.data ?? [], encoder.frame.linesize);
      const [cpu, wall] = [process.cpuUsage(), performance.now()];
      const { data, keyFrame } = await encoder.encode(atUs, forceKeyFrame);
      const wallMs = performance.now() - wall;
      const { user, system } = process.cpuUsage(cpu);
      packet.data = data;
      if ((await decoder.sendPacket(packet)) < 0 || (await decoder.receiveFrame(frame)) < 0) {
        throw new Error(`${name}: a picture cannot be decoded`);
      }
      const luma = lumaOf(frame);
      frame.unref();
      return { bytes: data.length, keyFrame, cpuMs: (user + system) / 1_000, wallMs, luma };
    },
    close: () => {
      encoder.close();
      decoder.freeContext();
      packet.free();
      frame.free();
    },
  };
}
