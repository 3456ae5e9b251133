import { connect } from 'node:net';
import { AppError } from '@cloudstage/protocol';
import { mediaLimits } from './limits.js';
import { createFrameParser, parseSoundMessage, soundRequests, type TaggedValues } from './sound-wire.js';

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

const requestIds = { authenticate: 0, setName: 1, find: 2, follow: 3, list: 4 } as const;

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
  let isOpen = true;
  let sourceNumber: number | undefined;
  let deadline: NodeJS.Timeout | undefined;
  const socket = connect(pulseServer.replace(/^unix:/, ''));
  const close = () => {
    isOpen = false;
    clearTimeout(deadline);
    asking.stop();
    socket.destroy();
  };
  const end = (reason: string) => {
    if (!isOpen) return;
    close();
    events.onEnd(reason);
  };
  const asking = createAsking(() => {
    clearTimeout(deadline);
    deadline = setTimeout(() => end('the sound server does not answer'), mediaLimits.soundAnswerMs);
    socket.write(soundRequests.listRecordingStreams(requestIds.list));
  });
  const onReply = (requestId: number, values: TaggedValues) => {
    if (requestId === requestIds.find) sourceNumber = values.u32();
    if (requestId !== requestIds.list) return;
    clearTimeout(deadline);
    asking.onAnswer();
    events.onUse(readRecordingStreams(values).some((stream) => stream.source === sourceNumber && !stream.isPaused));
  };
  const parse = createFrameParser({
    onMessage: (payload) => {
      if (!isOpen) return;
      const message = parseSoundMessage(payload);
      if (message.type === 'refused')
        end(`the sound server refuses request ${message.requestId}: error ${message.code}`);
      else if (message.type === 'streams-changed') asking.ask();
      else if (message.type === 'reply') onReply(message.requestId, message.values);
    },
    onSamples: () => undefined,
  });
  socket.on('data', (data) => {
    try {
      if (isOpen) parse(data);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      end(error.message);
    }
  });
  socket.on('error', (error) => end(error.message));
  socket.once('close', () => end('the connection to the sound server has ended'));
  // Not one after the other: the server answers in this order, and an error ends the watch anyway.
  socket.write(
    Buffer.concat([
      soundRequests.authenticate(requestIds.authenticate),
      soundRequests.setName(requestIds.setName, 'cloudstage'),
      soundRequests.findSource(requestIds.find, source),
      soundRequests.followRecordingStreams(requestIds.follow),
    ]),
  );
  asking.ask();
  return close;
}
