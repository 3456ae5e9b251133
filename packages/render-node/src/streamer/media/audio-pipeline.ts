import type { Logger } from 'pino';
import { createAudioClock } from './audio-clock.js';
import type { AudioEncoder } from './audio-encoder.js';
import { AudioRecorder, type AudioRecorderOptions, silentFrame } from './audio-recorder.js';
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
  /** May be shared with others: not to be written to. */
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
  /** Every recorded piece; without gaps, silence too, if that was asked for. Must not throw, nor keep the samples beyond what it sends. */
  readonly onPcm: (sound: PcmSound) => void;
}

/** How sound is wanted. */
export interface AudioWish {
  /** {@link AudioPipelineDeps.onPcm} gets silence too while nothing plays, in time, so that what it writes has no gaps. */
  readonly withoutGaps: boolean;
}

const frameUs = 10_000;

/** Sound server → Opus. While it is stopped nothing is recorded; while nothing plays the recorder rests. */
export class AudioPipeline {
  readonly #deps: AudioPipelineDeps;
  readonly #recorder: AudioRecorder;
  readonly #timing = createAudioClock(frameUs, mediaLimits.audioDriftMs * 1_000);
  #silence = createSilenceGate(mediaLimits.silenceHangoverFrames);
  #encoder: AudioEncoder | undefined;
  #flows = false;
  #withoutGaps = false;
  #filler: NodeJS.Timeout | undefined;
  /** Where the last frame ended. */
  #endUs = 0;

  constructor(deps: AudioPipelineDeps, options: AudioRecorderOptions) {
    this.#deps = deps;
    this.#recorder = new AudioRecorder(options, deps.logger, {
      onFrame: (samples) => this.#onFrame(samples),
      onFlow: (flows) => this.#onFlow(flows),
    });
  }

  /** Opens the encoder. @throws AppError `encoder-failed` */
  async prepare(): Promise<void> {
    this.#encoder ??= await this.#deps.createEncoder();
  }

  /** Idempotent; another wish takes effect at once. */
  start({ withoutGaps }: AudioWish): void {
    this.#withoutGaps = withoutGaps;
    this.#recorder.start();
    this.#updateFiller();
  }

  stop(): void {
    this.#withoutGaps = false;
    this.#recorder.stop();
    this.#updateFiller();
  }

  #onFlow(flows: boolean): void {
    if (flows && this.#filler) this.#fill();
    this.#flows = flows;
    // What comes next is a talk spurt, though the recorder may have ended in the middle of a sound.
    if (!flows) this.#silence = createSilenceGate(mediaLimits.silenceHangoverFrames);
    this.#updateFiller();
  }

  #updateFiller(): void {
    const wanted = this.#withoutGaps && !this.#flows;
    if (wanted === (this.#filler !== undefined)) return;
    clearInterval(this.#filler);
    this.#filler = wanted ? setInterval(() => this.#fill(), mediaLimits.restFillMs) : undefined;
  }

  /** Silence from the last frame to now. */
  #fill(): void {
    const missing = Math.floor((this.#deps.clock() - this.#endUs) / frameUs);
    // Longer: nobody wanted it before, or this process stood still.
    if (missing > mediaLimits.restFillFrames) this.#endUs = this.#deps.clock() - frameUs;
    for (let count = Math.min(missing, mediaLimits.restFillFrames); count > 0; count--) {
      if (this.#endUs + frameUs > this.#deps.clock()) return;
      this.#pcm(silentFrame, this.#endUs);
    }
  }

  /** @returns the wall time that the frame stands for */
  #pcm(samples: Int16Array, nowUs: number): number {
    const timeUs = this.#timing.next(nowUs);
    this.#endUs = timeUs + frameUs;
    this.#deps.onPcm({ samples, timeUs });
    return timeUs;
  }

  #onFrame(samples: Int16Array): void {
    // The samples ended now, so they began a frame ago.
    const timeUs = this.#pcm(samples, this.#deps.clock() - frameUs);
    const decision = this.#silence(samples === silentFrame);
    if (decision === 'skip' || !this.#encoder) return;
    try {
      const data = this.#encoder.encode(samples);
      this.#deps.onSound({ data, timeUs, talkSpurtStart: decision === 'send-first' });
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'a sound frame could not be encoded');
    }
  }

  close(): void {
    this.stop();
    this.#encoder?.close();
    this.#encoder = undefined;
  }
}
