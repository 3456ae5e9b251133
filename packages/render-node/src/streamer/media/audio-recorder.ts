import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { mediaLimits } from './limits.js';
import { openReusedPipe } from './reused-pipe.js';

/** Bytes of one 10 ms frame: 480 samples, two channels, 16 bits. */
export const audioFrameBytes = 1_920;

/** Where to record. */
export interface AudioRecorderOptions {
  readonly pulseServer: string;
  /** Name of a monitor source. */
  readonly pulseSource: string;
  /** Directory of this process alone. */
  readonly runDir: string;
}

/** Records raw sound through `parec` and restarts it when it dies. Owns the child process. */
export class AudioRecorder {
  readonly #options: AudioRecorderOptions;
  readonly #logger: Logger;
  readonly #onFrame: (samples: Int16Array) => void;
  #child: ChildProcess | undefined;
  #reader: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Counts starts: what belongs to an earlier one is over. */
  #start = 0;
  #running = false;
  #rest: Buffer = Buffer.alloc(0);

  /** @param onFrame called for every 10 ms with 960 interleaved samples, owned by the receiver */
  constructor(options: AudioRecorderOptions, logger: Logger, onFrame: (samples: Int16Array) => void) {
    this.#options = options;
    this.#logger = logger;
    this.#onFrame = onFrame;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#again();
  }

  #again(): void {
    const start = ++this.#start;
    this.#spawn(start).catch((error: unknown) => {
      this.#logger.warn({ err: error }, 'sound cannot be recorded');
      this.#onEnd(start);
    });
  }

  async #spawn(start: number): Promise<void> {
    this.#rest = Buffer.alloc(0);
    // A name of its own for each start, and a short one: paths of sockets have 107 bytes.
    const path = join(this.#options.runDir, `rec-${start % 1_000}.sock`);
    const { reader, writer } = await openReusedPipe(path, (data) => {
      if (this.#start === start && this.#running) this.#onData(data);
    });
    if (this.#start !== start || !this.#running) {
      reader.destroy();
      writer.destroy();
      return;
    }
    const format = ['--raw', '--format=s16le', '--rate=48000', '--channels=2', '--latency-msec=10'];
    const child = spawn('parec', [...format, '-d', this.#options.pulseSource, '--client-name=cloudstage'], {
      env: { ...process.env, PULSE_SERVER: this.#options.pulseServer },
      stdio: ['ignore', writer, 'ignore'],
    });
    writer.destroy();
    this.#child = child;
    this.#reader = reader;
    reader.on('error', () => reader.destroy());
    child.once('error', (error) => {
      this.#logger.warn({ err: error }, 'parec cannot be started');
      this.#onEnd(start);
    });
    child.once('exit', () => this.#onEnd(start));
  }

  /** The recorder of a start has ended: another one follows, unless it was told to. */
  #onEnd(start: number): void {
    if (this.#start !== start) return;
    this.#release();
    if (!this.#running) return;
    this.#logger.debug('the recorder ended and is started again');
    this.#timer = setTimeout(() => this.#again(), mediaLimits.recorderRestartMs);
  }

  #release(): void {
    this.#start++;
    this.#child?.kill('SIGTERM');
    this.#child = undefined;
    this.#reader?.destroy();
    this.#reader = undefined;
  }

  #onData(chunk: Buffer): void {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (data.length > mediaLimits.audioBacklogBytes) {
      // Whole frames only, or left and right would swap.
      const excess = Math.ceil((data.length - mediaLimits.audioBacklogBytes) / audioFrameBytes) * audioFrameBytes;
      data = data.subarray(excess);
    }
    let offset = 0;
    for (; offset + audioFrameBytes <= data.length; offset += audioFrameBytes) {
      const samples = new Int16Array(audioFrameBytes / 2);
      new Uint8Array(samples.buffer).set(data.subarray(offset, offset + audioFrameBytes));
      this.#onFrame(samples);
    }
    this.#rest = Buffer.from(data.subarray(offset));
  }

  /** Ends the child. Idempotent; `start` may follow. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#release();
  }
}
