import type { Logger } from 'pino';
import { mediaLimits } from './limits.js';
import { createSoundRestarts } from './sound-connection.js';
import { openSoundStream, type SoundStreamOptions } from './sound-stream.js';

/** Bytes of one 10 ms frame: 480 samples, two channels, 16 bits. */
export const audioFrameBytes = 1_920;

const nothing = Buffer.alloc(0);
const zeros = Buffer.alloc(audioFrameBytes);

/** A frame of digital silence, shared by all: nobody may write to a recorded frame. */
export const silentFrame = new Int16Array(audioFrameBytes / 2);

/** Where to record. */
export type AudioRecorderOptions = Pick<SoundStreamOptions, 'pulseServer' | 'pulseSource'>;

/** What a recorder tells. */
export interface AudioRecorderEvents {
  /** Every 10 ms: 960 interleaved samples, which may be kept but not written to; {@link silentFrame} itself for digital silence. */
  readonly onFrame: (samples: Int16Array) => void;
  /** Whether frames come: not while nothing plays, nor while there is no sound server. A recorder begins without. */
  readonly onFlow: (flows: boolean) => void;
}

/**
 * Records raw sound while something plays, and begins again when the stream or its server has ended. While nothing plays the sound server rests,
 * and so does this.
 */
export class AudioRecorder {
  readonly #options: AudioRecorderOptions;
  readonly #logger: Logger;
  readonly #events: AudioRecorderEvents;
  readonly #restarts = createSoundRestarts(() => this.#open());
  #flows = false;
  #rest: Buffer = nothing;

  constructor(options: AudioRecorderOptions, logger: Logger, events: AudioRecorderEvents) {
    this.#options = options;
    this.#logger = logger;
    this.#events = events;
  }

  start(): void {
    this.#restarts.start();
  }

  #open(): () => void {
    return openSoundStream(
      { ...this.#options, pieceBytes: audioFrameBytes },
      {
        onFlow: (flows) => {
          this.#restarts.onStands();
          this.#setFlow(flows);
        },
        onSamples: (samples) => this.#onSamples(samples),
        // The server is the slot's and comes back with it, or the stream was ended by a program.
        onEnd: (reason) => {
          this.#setFlow(false);
          this.#logger.debug({ reason, retryInMs: this.#restarts.onEnd() }, 'sound is not recorded at the moment');
        },
      },
    );
  }

  #setFlow(flows: boolean): void {
    // Silence, or of a stream that has ended.
    if (!flows) this.#rest = nothing;
    if (this.#flows === flows) return;
    this.#flows = flows;
    this.#events.onFlow(flows);
  }

  #onSamples(piece: Buffer): void {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece;
    if (data.length > mediaLimits.audioBacklogBytes) {
      // Whole frames only, or left and right would swap.
      const excess = Math.ceil((data.length - mediaLimits.audioBacklogBytes) / audioFrameBytes) * audioFrameBytes;
      data = data.subarray(excess);
    }
    let offset = 0;
    for (; offset + audioFrameBytes <= data.length; offset += audioFrameBytes) {
      this.#events.onFrame(toFrame(data.subarray(offset, offset + audioFrameBytes)));
    }
    this.#rest = offset < data.length ? Buffer.from(data.subarray(offset)) : nothing;
  }

  /** Ends the stream. Idempotent; `start` may follow. */
  stop(): void {
    this.#restarts.stop();
    this.#setFlow(false);
  }
}

function toFrame(bytes: Buffer): Int16Array {
  // Comparing costs less than copying, and programs that hold a stream open are silent most of the time.
  if (bytes.equals(zeros)) return silentFrame;
  const samples = new Int16Array(audioFrameBytes / 2);
  new Uint8Array(samples.buffer).set(bytes);
  return samples;
}
