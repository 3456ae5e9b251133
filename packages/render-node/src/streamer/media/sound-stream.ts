import { connect, type Socket } from 'node:net';
import { AppError } from '@cloudstage/protocol';
import { mediaLimits } from './limits.js';
import {
  createFrameParser,
  isSuspended,
  parseSoundMessage,
  type SoundServerMessage,
  soundRequests,
} from './sound-wire.js';

/** What to record. */
export interface SoundStreamOptions {
  /** `PULSE_SERVER` value of a Unix socket: `unix:<path>`. */
  readonly pulseServer: string;
  /** Name of a monitor source. */
  readonly pulseSource: string;
  /** The server gives samples in pieces of this length. */
  readonly pieceBytes: number;
}

/** What a {@link openSoundStream} tells. */
export interface SoundStreamEvents {
  /** Whether samples come: false while nothing plays and the server rests. Told once the stream stands, and with each change. */
  readonly onFlow: (flows: boolean) => void;
  /** All 16 bit samples that waited, stereo, in pieces of any length; a view that is valid until the call returns. */
  readonly onSamples: (samples: Buffer) => void;
  /** The stream has ended and tells nothing more; not after `close`. */
  readonly onEnd: (reason: string) => void;
}

const requestIds = { authenticate: 0, setName: 1, record: 2 } as const;

/** Reads into one buffer again and again: those that Node makes for each read cost more to collect than a piece of sound is worth. */
function connectReused(path: string, onData: (data: Buffer) => void): Socket {
  const buffer = Buffer.alloc(mediaLimits.soundReadBytes);
  const callback = (bytes: number) => {
    onData(buffer.subarray(0, bytes));
    return true;
  };
  return connect({ path, onread: { buffer, callback } });
}

/**
 * Records a source of a sound server over a connection of its own, without keeping the server from resting: while nothing plays there are no
 * samples, and what plays first wakes it before its first sample.
 * @returns ends the stream; idempotent
 */
export function openSoundStream(options: SoundStreamOptions, events: SoundStreamEvents): () => void {
  const { pulseServer, pulseSource, pieceBytes } = options;
  let isOpen = true;
  const end = (reason: string) => {
    if (!isOpen) return;
    close();
    events.onEnd(reason);
  };
  const onMessage = (message: SoundServerMessage) => {
    if (message.type === 'refused') end(`the sound server refuses request ${message.requestId}: error ${message.code}`);
    else if (message.type === 'killed') end('the sound server has ended the stream');
    else if (message.type === 'suspended') events.onFlow(!message.suspended);
    else if (message.type === 'reply' && message.requestId === requestIds.record) {
      clearTimeout(timer);
      events.onFlow(!isSuspended(message.values));
    }
  };
  let waiting: Buffer[] = [];
  const flush = () => {
    const [first, ...others] = waiting;
    waiting = [];
    if (first && isOpen) events.onSamples(others.length === 0 ? first : Buffer.concat([first, ...others]));
  };
  const parse = createFrameParser({
    onMessage: (payload) => {
      flush();
      if (isOpen) onMessage(parseSoundMessage(payload));
    },
    onSamples: (samples) => void waiting.push(samples),
  });
  const socket = connectReused(pulseServer.replace(/^unix:/, ''), (data) => {
    try {
      if (!isOpen) return;
      parse(data);
      flush();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      end(error.message);
    }
  });
  const timer = setTimeout(() => end('the sound server does not answer'), mediaLimits.soundAnswerMs);
  const close = () => {
    isOpen = false;
    clearTimeout(timer);
    socket.destroy();
  };
  socket.on('error', (error) => end(error.message));
  socket.once('close', () => end('the connection to the sound server has ended'));
  // Not one after the other: the server answers in this order, and an error ends the stream anyway.
  socket.write(
    Buffer.concat([
      soundRequests.authenticate(requestIds.authenticate),
      soundRequests.setName(requestIds.setName, 'cloudstage'),
      soundRequests.record(requestIds.record, pulseSource, pieceBytes),
    ]),
  );
  return close;
}
