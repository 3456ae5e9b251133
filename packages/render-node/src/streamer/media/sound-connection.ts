import { connect } from 'node:net';
import { AppError } from '@cloudstage/protocol';
import { mediaLimits } from './limits.js';
import { createFrameParser, parseSoundMessage, type SoundServerMessage, soundRequests } from './sound-wire.js';

/** Numbers of the two requests that begin every connection; a user's own follow. */
const requestIds = { authenticate: 0, setName: 1 } as const;

/** What {@link openSoundConnection} opens. */
export interface SoundConnectionOptions {
  /** `PULSE_SERVER` value of a Unix socket: `unix:<path>`. */
  readonly pulseServer: string;
  /** Read into one buffer of this size again and again: those that Node makes for each read cost more to collect than a piece of sound is worth. */
  readonly readBytes: number;
  /** Sent at once, not one after the other: the server answers in this order, and an error ends the connection anyway. Numbers from 2 on. */
  readonly requests: readonly Buffer[];
}

/** What a {@link SoundConnection} tells. Nothing once it has ended. */
export interface SoundConnectionEvents {
  /** All but refusals, which end the connection. An AppError that it throws does so, too. */
  readonly onMessage: (message: SoundServerMessage) => void;
  /** Views that are valid until {@link onRead} has returned. */
  readonly onSamples?: (samples: Buffer) => void;
  /** What had arrived has been told. */
  readonly onRead?: () => void;
  /** The connection has ended; not after `close`. */
  readonly onEnd: (reason: string) => void;
}

/** A connection to a slot's sound server. */
export interface SoundConnection {
  readonly isOpen: boolean;
  send(request: Buffer): void;
  /** It ends when {@link answered} is not called in time. */
  expectAnswer(): void;
  answered(): void;
  /** Ends it, and tells the reason. */
  end(reason: string): void;
  /** Ends it without a word. Idempotent. */
  close(): void;
}

/** Connects to a slot's sound server and speaks its native protocol. */
export function openSoundConnection(
  { pulseServer, readBytes, requests }: SoundConnectionOptions,
  { onMessage, onSamples, onRead, onEnd }: SoundConnectionEvents,
): SoundConnection {
  let isOpen = true;
  let deadline: NodeJS.Timeout | undefined;
  const close = () => {
    isOpen = false;
    clearTimeout(deadline);
    socket.destroy();
  };
  const end = (reason: string) => {
    if (!isOpen) return;
    close();
    onEnd(reason);
  };
  const parse = createFrameParser({
    onMessage: (payload) => {
      if (!isOpen) return;
      const message = parseSoundMessage(payload);
      if (message.type !== 'refused') onMessage(message);
      else end(`the sound server refuses request ${message.requestId}: error ${message.code}`);
    },
    onSamples: (samples) => onSamples?.(samples),
  });
  const buffer = Buffer.alloc(readBytes);
  const callback = (bytes: number) => {
    try {
      if (isOpen) parse(buffer.subarray(0, bytes));
      if (isOpen) onRead?.();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      end(error.message);
    }
    return true;
  };
  const socket = connect({ path: pulseServer.replace(/^unix:/, ''), onread: { buffer, callback } });
  socket.on('error', (error) => end(error.message));
  socket.once('close', () => end('the connection to the sound server has ended'));
  const hello = [
    soundRequests.authenticate(requestIds.authenticate),
    soundRequests.setName(requestIds.setName, 'cloudstage'),
  ];
  socket.write(Buffer.concat([...hello, ...requests]));
  return {
    get isOpen() {
      return isOpen;
    },
    send: (request) => void socket.write(request),
    expectAnswer: () => {
      clearTimeout(deadline);
      deadline = setTimeout(() => end('the sound server does not answer'), mediaLimits.soundAnswerMs);
    },
    answered: () => clearTimeout(deadline),
    end,
    close,
  };
}

/** Keeps something at a sound server open: begins it again when it has ended, later and later until it stands. */
export interface SoundRestarts {
  /** Idempotent; `stop` may come before. */
  start(): void;
  /** What was opened stands. */
  onStands(): void;
  /** It has ended by itself. @returns milliseconds until it is opened again */
  onEnd(): number;
  /** Ends what is open, or would be. Idempotent. */
  stop(): void;
}

/** @param open begins it; @returns ends it */
export function createSoundRestarts(open: () => () => void): SoundRestarts {
  let running = false;
  let close: (() => void) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let retryMs: number = mediaLimits.recorderRestartMs;
  const begin = () => {
    close = open();
  };
  const onStands = () => {
    retryMs = mediaLimits.recorderRestartMs;
  };
  return {
    start: () => {
      if (running) return;
      running = true;
      onStands();
      begin();
    },
    onStands,
    onEnd: () => {
      close = null;
      const delayMs = retryMs;
      timer = setTimeout(begin, delayMs);
      retryMs = Math.min(mediaLimits.recorderMostRestartMs, retryMs * 2);
      return delayMs;
    },
    stop: () => {
      running = false;
      clearTimeout(timer);
      close?.();
      close = null;
    },
  };
}
