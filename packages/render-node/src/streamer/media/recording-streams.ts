import { mediaLimits } from './limits.js';
import { openSoundConnection } from './sound-connection.js';
import { soundRequests, type TaggedValues } from './sound-wire.js';

/** One stream that records. */
export interface RecordingStream {
  /** Number of its source. */
  readonly source: number;
  /** It is there, but takes nothing at the moment. */
  readonly isPaused: boolean;
}

/**
 * The streams of the answer to {@link soundRequests.listRecordingStreams}. PURE but for the place in `values`.
 * @throws AppError `sound-server-failed`
 * @see PulseAudio 16.1, src/pulsecore/protocol-native.c, source_output_fill_tagstruct
 */
export function readRecordingStreams(values: TaggedValues): RecordingStream[] {
  const streams: RecordingStream[] = [];
  while (!values.atEnd) {
    // Number and name of the stream; numbers of its module and its client.
    values.u32();
    values.skipText();
    values.u32();
    values.u32();
    const source = values.u32();
    values.skipFormat();
    // Latency of the stream and of the source; names of resampler and driver.
    values.skipMicroseconds();
    values.skipMicroseconds();
    values.skipText();
    values.skipText();
    values.skipProperties();
    streams.push({ source, isPaused: values.flag() });
  }
  return streams;
}

/** What to watch. */
export interface SourceWatchOptions {
  /** `PULSE_SERVER` value of a Unix socket: `unix:<path>`. */
  readonly pulseServer: string;
  /** Name of a source. */
  readonly source: string;
}

/** What {@link watchSource} tells. */
export interface SourceWatchEvents {
  /** Whether somebody records the source. Told once the watch stands, and again with each change of any stream. */
  readonly onUse: (inUse: boolean) => void;
  /** The watch has ended and tells nothing more; not after `close`. */
  readonly onEnd: (reason: string) => void;
}

const requestIds = { find: 2, follow: 3, list: 4 } as const;

/** Asks for the list when something has changed: one question at a time, and of many changes at once only the last counts. */
function createAsking(send: () => void) {
  let state: 'idle' | 'busy' | 'again' = 'idle';
  let timer: NodeJS.Timeout | undefined;
  const ask = () => {
    if (state !== 'idle') {
      state = 'again';
      return;
    }
    state = 'busy';
    send();
  };
  return {
    ask,
    onAnswer: () => {
      timer = setTimeout(() => {
        const wanted = state === 'again';
        state = 'idle';
        if (wanted) ask();
      }, mediaLimits.recordingStreamsMs);
    },
    stop: () => clearTimeout(timer),
  };
}

/**
 * Watches over a connection of its own whether anybody records a source: a stream that does so, and is not paused. The server tells of changes; it is asked
 * about nothing else, and one that rests is not woken.
 * @returns ends the watch; idempotent
 */
export function watchSource({ pulseServer, source }: SourceWatchOptions, events: SourceWatchEvents): () => void {
  let sourceNumber: number | undefined;
  const asking = createAsking(() => {
    connection.expectAnswer();
    connection.send(soundRequests.listRecordingStreams(requestIds.list));
  });
  const onReply = (requestId: number, values: TaggedValues) => {
    if (requestId === requestIds.find) sourceNumber = values.u32();
    if (requestId !== requestIds.list) return;
    connection.answered();
    asking.onAnswer();
    events.onUse(readRecordingStreams(values).some((stream) => stream.source === sourceNumber && !stream.isPaused));
  };
  const requests = [
    soundRequests.findSource(requestIds.find, source),
    soundRequests.followRecordingStreams(requestIds.follow),
  ];
  const connection = openSoundConnection(
    { pulseServer, readBytes: mediaLimits.soundNewsBytes, requests },
    {
      onMessage: (message) => {
        if (message.type === 'streams-changed') asking.ask();
        else if (message.type === 'reply') onReply(message.requestId, message.values);
      },
      onEnd: (reason) => {
        asking.stop();
        events.onEnd(reason);
      },
    },
  );
  asking.ask();
  return () => {
    asking.stop();
    connection.close();
  };
}
