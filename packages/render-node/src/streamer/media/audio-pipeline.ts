import type { Logger } from 'pino';
import { createAudioClock } from './audio-clock.js';
import type { AudioEncoder } from './audio-encoder.js';
import { AudioRecorder, type AudioRecorderOptions } from './audio-recorder.js';
import type { WallClock } from './clock.js';
import { mediaLimits } from './limits.js';
import { createSilenceGate } from './silence-gate.js';

/** One Opus packet of 10 ms. */
export interface EncodedSound {
  readonly data: Buffer;
  /** Wall time of its first sample, microseconds. */
  readonly timeUs: number;
  /** First packet after silence. */
  readonly talkSpurtStart: boolean;
}

/** Sound as it was recorded: 10 ms, 48 kHz, interleaved stereo. */
export interface PcmSound {
  readonly samples: Int16Array;
  /** Wall time of its first sample, microseconds. */
  readonly timeUs: number;
}

/** What the pipeline is made of. */
export interface AudioPipelineDeps {
  readonly createEncoder: () => Promise<AudioEncoder>;
  readonly clock: WallClock;
  readonly logger: Logger;
  /** Every packet, in order. Must not throw. */
  readonly onSound: (sound: EncodedSound) => void;
  /** Every recorded piece, silence too. Must not throw, nor keep the samples beyond what it sends. */
  readonly onPcm: (sound: PcmSound) => void;
}

const frameUs = 10_000;

/** Sound server → Opus. While it is stopped no recorder runs. */
export class AudioPipeline {
  readonly #deps: AudioPipelineDeps;
  readonly #recorder: AudioRecorder;
  readonly #silence = createSilenceGate(mediaLimits.silenceHangoverFrames);
  readonly #timing = createAudioClock(frameUs, mediaLimits.audioDriftMs * 1_000);
  #encoder: AudioEncoder | undefined;

  constructor(deps: AudioPipelineDeps, options: AudioRecorderOptions) {
    this.#deps = deps;
    this.#recorder = new AudioRecorder(options, deps.logger, (samples) => this.#onFrame(samples));
  }

  /** Opens the encoder. @throws AppError `encoder-failed` */
  async prepare(): Promise<void> {
    this.#encoder ??= await this.#deps.createEncoder();
  }

  start(): void {
    this.#recorder.start();
  }

  stop(): void {
    this.#recorder.stop();
  }

  #onFrame(samples: Int16Array): void {
    // The samples ended now, so they began a frame ago.
    const timeUs = this.#timing.next(this.#deps.clock() - frameUs);
    this.#deps.onPcm({ samples, timeUs });
    const decision = this.#silence(samples);
    if (decision === 'skip' || !this.#encoder) return;
    try {
      const data = this.#encoder.encode(samples);
      this.#deps.onSound({ data, timeUs, talkSpurtStart: decision === 'send-first' });
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'a sound frame could not be encoded');
    }
  }

  close(): void {
    this.#recorder.stop();
    this.#encoder?.close();
    this.#encoder = undefined;
  }
}
