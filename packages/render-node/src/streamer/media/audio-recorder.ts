import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from 'pino';
import { mediaLimits } from './limits.js';

/** Bytes of one 10 ms frame: 480 samples, two channels, 16 bits. */
export const audioFrameBytes = 1_920;

/** Where to record. */
export interface AudioRecorderOptions {
  readonly pulseServer: string;
  /** Name of a monitor source. */
  readonly pulseSource: string;
}

/** Records raw sound through `parec` and restarts it when it dies. Owns the child process. */
export class AudioRecorder {
  readonly #options: AudioRecorderOptions;
  readonly #logger: Logger;
  readonly #onFrame: (samples: Int16Array) => void;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
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
    this.#spawn();
  }

  #spawn(): void {
    this.#rest = Buffer.alloc(0);
    const format = ['--raw', '--format=s16le', '--rate=48000', '--channels=2', '--latency-msec=10'];
    const child = spawn('parec', [...format, '-d', this.#options.pulseSource, '--client-name=cloudstage'], {
      env: { ...process.env, PULSE_SERVER: this.#options.pulseServer },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => this.#onData(chunk));
    child.on('error', (error) => this.#logger.warn({ err: error }, 'parec cannot be started'));
    child.on('close', (code, signal) => this.#onExit(child, code, signal));
  }

  #onExit(child: ChildProcess, code: number | null, signal: string | null): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (!this.#running) return;
    this.#logger.debug({ code, signal }, 'the recorder ended and is started again');
    this.#timer = setTimeout(() => this.#spawn(), mediaLimits.recorderRestartMs);
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
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGTERM');
  }
}
