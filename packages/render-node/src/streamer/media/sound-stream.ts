import { mediaLimits } from './limits.js';
import { openSoundConnection } from './sound-connection.js';
import { isSuspended, type SoundServerMessage, soundRequests } from './sound-wire.js';

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

const requestIds = { record: 2 } as const;

/**
 * Records a source of a sound server over a connection of its own, without keeping the server from resting: while nothing plays there are no
 * samples, and what plays first wakes it before its first sample.
 * @returns ends the stream; idempotent
 */
export function openSoundStream(options: SoundStreamOptions, events: SoundStreamEvents): () => void {
  const { pulseServer, pulseSource, pieceBytes } = options;
  let waiting: Buffer[] = [];
  const flush = () => {
    const [first, ...others] = waiting;
    waiting = [];
    if (first) events.onSamples(others.length === 0 ? first : Buffer.concat([first, ...others]));
  };
  const onMessage = (message: SoundServerMessage) => {
    flush();
    if (!connection.isOpen) return;
    if (message.type === 'killed') connection.end('the sound server has ended the stream');
    else if (message.type === 'suspended') events.onFlow(!message.suspended);
    else if (message.type === 'reply' && message.requestId === requestIds.record) {
      connection.answered();
      events.onFlow(!isSuspended(message.values));
    }
  };
  const requests = [soundRequests.record(requestIds.record, pulseSource, pieceBytes)];
  const connection = openSoundConnection(
    { pulseServer, readBytes: mediaLimits.soundReadBytes, requests },
    { onMessage, onSamples: (samples) => void waiting.push(samples), onRead: flush, onEnd: events.onEnd },
  );
  connection.expectAnswer();
  return connection.close;
}
