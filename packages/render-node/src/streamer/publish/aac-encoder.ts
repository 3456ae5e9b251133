import { AppError } from '@cloudstage/protocol';
import { AV_CODEC_ID_AAC, AV_SAMPLE_FMT_FLTP } from 'node-av/constants';
import { Codec, type CodecContext } from 'node-av/lib';
import { openSoundEncoder, type SoundPacket, soundSampleRate } from '../media/sound-encoder.js';
import { publishLimits } from './limits.js';

/** AAC-LC, 48 kHz, stereo. Owns native memory until {@link close}. */
export interface AacEncoder {
  /** For the stream's parameters. */
  readonly context: CodecContext;
  /**
   * Takes interleaved 16 bit samples, little endian, whose first one was heard at `timeUs`, and gives the frames that are
   * full. A gap in time stays a gap; what comes too late is dropped. @throws AppError `encoder-failed`
   */
  encode(samples: Buffer, timeUs: number): SoundPacket[];
  close(): void;
}

const frameSamples = 1_024;
const bytesPerSample = 4;

/** Cuts samples into frames and keeps their time. */
function createFramer() {
  let rest: Buffer = Buffer.alloc(0);
  /** Time of the first sample of `rest`. */
  let restTime = 0;
  let isEmpty = true;
  return (samples: Buffer, timeUs: number): { readonly data: Buffer; readonly timeSamples: number }[] => {
    const time = Math.round((timeUs * soundSampleRate) / 1_000_000);
    const expected = restTime + rest.length / bytesPerSample;
    if (isEmpty || time - expected > publishLimits.soundJumpSamples) {
      rest = Buffer.alloc(0);
      restTime = isEmpty ? time : Math.max(time, restTime);
      isEmpty = false;
    } else if (expected - time > publishLimits.soundJumpSamples) {
      return [];
    }
    let data = rest.length > 0 ? Buffer.concat([rest, samples]) : samples;
    const frames = [];
    while (data.length >= frameSamples * bytesPerSample) {
      frames.push({ data: data.subarray(0, frameSamples * bytesPerSample), timeSamples: restTime });
      data = data.subarray(frameSamples * bytesPerSample);
      restTime += frameSamples;
    }
    rest = Buffer.from(data);
    return frames;
  };
}

function fillPlanes(planes: readonly Buffer[], samples: Buffer): void {
  const [left, right] = planes.map((plane) => new Float32Array(plane.buffer, plane.byteOffset, frameSamples));
  if (!left || !right) throw new AppError('encoder-failed', 'aac: the frame has no planes');
  for (let index = 0; index < frameSamples; index++) {
    left[index] = samples.readInt16LE(index * bytesPerSample) / 32_768;
    right[index] = samples.readInt16LE(index * bytesPerSample + 2) / 32_768;
  }
}

/** @throws AppError `encoder-failed` */
export async function createAacEncoder(): Promise<AacEncoder> {
  const encoder = await openSoundEncoder({
    name: 'aac',
    codec: Codec.findEncoder(AV_CODEC_ID_AAC),
    sampleFormat: AV_SAMPLE_FMT_FLTP,
    frameSamples,
    bitrateBps: 160_000n,
  });
  const cut = createFramer();
  return {
    context: encoder.context,
    encode: (samples, timeUs) =>
      cut(samples, timeUs).flatMap(({ data, timeSamples }) => {
        // The first frame only fills the encoder.
        const packet = encoder.encode(timeSamples, (planes) => fillPlanes(planes, data));
        return packet === null ? [] : [packet];
      }),
    close: encoder.close,
  };
}
