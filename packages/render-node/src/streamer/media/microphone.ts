import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Logger } from 'pino';
import { mediaLimits } from './limits.js';
import { createVoiceDecoder, type VoiceDecoder } from './voice-decoder.js';
import { createVoiceMixer } from './voice-mixer.js';
import { createVoiceOrder } from './voice-order.js';

/** One packet of a user's voice. */
export interface VoicePacket {
  readonly sequenceNumber: number;
  /** An Opus packet. */
  readonly payload: Buffer;
  /** By TCP, from a page's own thread. */
  readonly comesInBursts?: boolean;
}

/** What a {@link Microphone} works with. */
export interface MicrophoneDeps {
  /** Pipe that the sound server reads its microphone from: mono, 48 kHz, 16 bits. Empty: programs have no microphone. */
  readonly path: string;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

interface Speaker {
  readonly order: ReturnType<typeof createVoiceOrder>;
  readonly decoder: VoiceDecoder;
  readonly comesInBursts: boolean;
  /** Samples of its last packet: how long a missing one was. */
  frameSamples: number;
  lastPacketMs: number;
}

const pieceSamples = 480;
const pieceMs = 10;
const silence = Buffer.alloc(pieceSamples * 2);

/** What a pipe holds, unless its other end has made it larger. */
const pipeBytes = 65_536;

/**
 * Opens the pipe; undefined when there is something else in its place: it lies in a directory of the slot's user, who is not
 * trusted with files of ours.
 */
function openPipe(path: string): number | undefined {
  // Read and write: opening never waits for the sound server, and its restart does not break the pipe.
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  if (fstatSync(pipe).isFIFO()) return pipe;
  closeSync(pipe);
  return undefined;
}

/** Throws away what the pipe holds. */
function emptyPipe(path: string): void {
  const pipe = openPipe(path);
  if (pipe === undefined) return;
  try {
    readSync(pipe, Buffer.alloc(pipeBytes));
  } finally {
    closeSync(pipe);
  }
}

/**
 * The virtual microphone of a slot: the voices of its users, mixed, written to the sound server's pipe. While nobody speaks it is
 * given silence, because programs that record would wait otherwise. While no program records the pipe is empty, so that one that begins
 * hears what is said then, and is not behind by what the pipe holds. When that is not known, the pipe is given sound until it is full.
 */
export class Microphone {
  readonly #deps: MicrophoneDeps;
  readonly #mixer = createVoiceMixer();
  readonly #speakers = new Map<string, Speaker>();
  readonly #listeners = new Set<(samples: Int16Array) => void>();
  #pipe: Socket | undefined;
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  /** Up to when the pipe has been given sound. */
  #writtenUntilMs = 0;
  #inUse: boolean | null = null;

  constructor(deps: MicrophoneDeps) {
    this.#deps = deps;
  }

  /** Begins to feed the pipe. Idempotent. */
  start(): void {
    if (this.#running || this.#deps.path === '') return;
    this.#running = true;
    this.#writtenUntilMs = this.#deps.nowMs();
    this.#beat(mediaLimits.microphoneIdleMs);
  }

  /** Forgets all voices and feeds the pipe no more. */
  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const speaker of [...this.#speakers.keys()]) this.remove(speaker);
    this.#pipe?.destroy();
    this.#pipe = undefined;
  }

  /** Whether a program records; null while that is not known, as in the beginning. */
  setInUse(inUse: boolean | null): void {
    this.#inUse = inUse;
    if (inUse === false) this.#empty();
    else this.#onRoom();
  }

  /** Calls `listener` with each 10 ms of mixed voices, mono at 48 kHz, while somebody speaks. */
  onSpeech(listener: (samples: Int16Array) => void): void {
    this.#listeners.add(listener);
  }

  /** Takes a packet of a speaker. Never throws for what a client sent. */
  onPacket(speakerId: string, { sequenceNumber, payload, comesInBursts = false }: VoicePacket): void {
    if (!this.#running) return;
    const speaker = this.#speakers.get(speakerId) ?? this.#addSpeaker(speakerId, comesInBursts);
    if (!speaker) return;
    const wasQuiet = !this.#isSpeaking();
    speaker.lastPacketMs = this.#deps.nowMs();
    for (const packet of speaker.order(sequenceNumber, payload)) this.#decode(speakerId, speaker, packet);
    if (wasQuiet) this.#beat(pieceMs);
  }

  /** Ends a speaker's voice. */
  remove(speakerId: string): void {
    this.#speakers.get(speakerId)?.decoder.close();
    this.#speakers.delete(speakerId);
    this.#mixer.remove(speakerId);
  }

  #addSpeaker(speakerId: string, comesInBursts: boolean): Speaker | null {
    if (this.#speakers.size >= mediaLimits.speakers) return null;
    try {
      const [order, decoder] = [createVoiceOrder(), createVoiceDecoder()];
      const speaker = { order, decoder, comesInBursts, frameSamples: 960, lastPacketMs: 0 };
      this.#speakers.set(speakerId, speaker);
      return speaker;
    } catch (error) {
      this.#deps.logger.error({ err: error }, 'a microphone cannot be heard');
      return null;
    }
  }

  #decode(speakerId: string, speaker: Speaker, packet: Buffer | null): void {
    if (packet === null) {
      this.#mixer.push(speakerId, new Int16Array(speaker.frameSamples), speaker.comesInBursts);
      return;
    }
    try {
      const samples = speaker.decoder.decode(packet);
      speaker.frameSamples = samples.length;
      this.#mixer.push(speakerId, samples, speaker.comesInBursts);
    } catch (error) {
      this.#deps.logger.debug({ err: error }, 'a packet of a microphone cannot be decoded');
    }
  }

  #isSpeaking(): boolean {
    const nowMs = this.#deps.nowMs();
    return [...this.#speakers.values()].some(({ lastPacketMs }) => nowMs - lastPacketMs < mediaLimits.speechHangoverMs);
  }

  #beat(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#write();
      const isSpeaking = this.#isSpeaking();
      // Recordings and live pushes hear who speaks, whether or not the program does.
      if (isSpeaking || this.#takesSound()) this.#beat(isSpeaking ? pieceMs : mediaLimits.microphoneIdleMs);
    }, delayMs);
  }

  /** Somebody reads it, or may do so as far as is known, and it is not full. */
  #takesSound(): boolean {
    return this.#inUse !== false && (this.#pipe?.writableLength ?? 0) === 0;
  }

  /** A program reads or begins to, or the pipe has failed and is opened again. */
  #onRoom(): void {
    if (!this.#running || this.#timer || this.#inUse === false) return;
    this.#writtenUntilMs = this.#deps.nowMs();
    this.#beat(this.#inUse === null ? mediaLimits.microphoneIdleMs : pieceMs);
  }

  /** The sound server reads nothing now, so what is taken out is taken from nobody. */
  #empty(): void {
    this.#pipe?.destroy();
    this.#pipe = undefined;
    try {
      emptyPipe(this.#deps.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
      this.#deps.logger.trace({ err: error }, 'the microphone pipe cannot be emptied');
    }
  }

  /** Writes what has become due since the last time; a timer that was late makes up for it. */
  #write(): void {
    const nowMs = this.#deps.nowMs();
    const due = Math.floor((nowMs - this.#writtenUntilMs) / pieceMs);
    if (due > mediaLimits.microphoneBacklogPieces) this.#writtenUntilMs = nowMs;
    else this.#writtenUntilMs += due * pieceMs;
    const pieces: Buffer[] = [];
    for (let piece = 0; piece < Math.min(due, mediaLimits.microphoneBacklogPieces); piece++) {
      const samples = this.#mixer.pull(pieceSamples);
      if (samples) for (const listener of this.#listeners) listener(samples);
      pieces.push(samples ? Buffer.from(samples.buffer) : silence);
    }
    if (pieces.length > 0) this.#give(Buffer.concat(pieces));
  }

  #open(): Socket | undefined {
    const fd = openPipe(this.#deps.path);
    if (fd === undefined) return undefined;
    const pipe = new Socket({ fd, readable: false, writable: true });
    pipe.on('error', (error) => this.#deps.logger.trace({ err: error }, 'the microphone pipe has failed'));
    pipe.once('close', () => {
      if (this.#pipe === pipe) this.#pipe = undefined;
    });
    return pipe;
  }

  #give(data: Buffer): void {
    // What is not heard now is worth nothing later.
    if (!this.#takesSound()) return;
    try {
      this.#pipe ??= this.#open();
      this.#pipe?.write(data, () => this.#onRoom());
    } catch (error) {
      this.#deps.logger.trace({ err: error }, 'the microphone pipe cannot be opened');
    }
  }
}
