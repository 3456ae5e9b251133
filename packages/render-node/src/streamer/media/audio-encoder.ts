import { AppError } from '@cloudstage/protocol';
import { AV_SAMPLE_FMT_S16, FF_ENCODER_LIBOPUS } from 'node-av/constants';
import { Codec, Dictionary } from 'node-av/lib';
import { openSoundEncoder } from './sound-encoder.js';

/** Opus at 48 kHz stereo in 10 ms frames. Encoding takes ≈ 0.1 ms, so it is synchronous. */
export interface AudioEncoder {
  /** @param samples 960 interleaved samples. @returns one Opus packet, owned by the caller. @throws AppError `encoder-failed` */
  encode(samples: Int16Array): Buffer;
  close(): void;
}

const frameSamples = 480;

/** @throws AppError `encoder-failed` */
export async function createAudioEncoder(): Promise<AudioEncoder> {
  const encoder = await openSoundEncoder({
    name: 'libopus',
    codec: Codec.findEncoderByName(FF_ENCODER_LIBOPUS),
    sampleFormat: AV_SAMPLE_FMT_S16,
    frameSamples,
    bitrateBps: 128_000n,
    settings: Dictionary.fromObject({
      application: 'audio',
      frame_duration: '10',
      vbr: 'on',
      compression_level: '5',
    }),
  });
  let samplesSent = 0;
  return {
    encode: (samples) => {
      const packet = encoder.encode(samplesSent, ([plane]) => {
        if (!plane) throw new AppError('encoder-failed', 'libopus: the frame has no data');
        plane.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
      });
      samplesSent += frameSamples;
      // Frames are as long as its packets, so each gives one.
      if (packet === null || packet.data.length === 0) throw new AppError('encoder-failed', 'libopus gave no packet');
      return packet.data;
    },
    close: encoder.close,
  };
}
