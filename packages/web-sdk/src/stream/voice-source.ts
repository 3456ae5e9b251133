import { resumeWhenAllowed } from './resume.js';
import { voiceWorkletSource } from './voice-worklet.js';

/** Who gets the samples of a track. */
export interface VoiceSourceHandlers {
  /** About 10 ms, mono; the receiver's own. `timestampUs` is of the first sample, any epoch. */
  onSamples(samples: Float32Array<ArrayBuffer>, sampleRate: number, timestampUs: number): void;
  /** Nothing comes any more. Once; not after `close`. */
  onFailed(error: unknown): void;
}

/** Samples of a microphone's track, which stays the caller's. */
export interface VoiceSource {
  /** It has begun. Rejects when it cannot. */
  readonly ready: Promise<void>;
  /** Idempotent. */
  close(): void;
}

/** Chromium's way to read a track; not in the DOM's declarations. */
type TrackProcessorConstructor = new (init: {
  readonly track: MediaStreamTrack;
}) => {
  readonly readable: ReadableStream<AudioData>;
};

function processorConstructor(): TrackProcessorConstructor | undefined {
  return (globalThis as { readonly MediaStreamTrackProcessor?: TrackProcessorConstructor }).MediaStreamTrackProcessor;
}

/** Whether this browser can read a microphone's samples. */
export const canReadTrack = () => processorConstructor() !== undefined || 'AudioWorkletNode' in globalThis;

function monoOf(sound: AudioData): Float32Array<ArrayBuffer> {
  const mono = new Float32Array(sound.numberOfFrames);
  sound.copyTo(mono, { planeIndex: 0, format: 'f32-planar' });
  const plane = sound.numberOfChannels > 1 ? new Float32Array(sound.numberOfFrames) : mono;
  for (let channel = 1; channel < sound.numberOfChannels; channel += 1) {
    sound.copyTo(plane, { planeIndex: channel, format: 'f32-planar' });
    for (const [index, sample] of plane.entries()) mono[index] = (mono[index] ?? 0) + sample;
  }
  return sound.numberOfChannels > 1 ? mono.map((sample) => sample / sound.numberOfChannels) : mono;
}

/** Needs no AudioContext, which browsers may keep waiting for a gesture, and no script of a blob, which pages may forbid. */
function readByProcessor(
  Processor: TrackProcessorConstructor,
  track: MediaStreamTrack,
  { onSamples, onFailed }: VoiceSourceHandlers,
): VoiceSource {
  const reader = new Processor({ track }).readable.getReader();
  let closed = false;
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (!closed) onSamples(monoOf(value), value.sampleRate, value.timestamp);
      value.close();
    }
  };
  read().catch((error: unknown) => {
    if (!closed) onFailed(error);
  });
  return {
    ready: Promise.resolve(),
    close() {
      closed = true;
      reader.cancel().catch(() => undefined);
    },
  };
}

async function startWorklet(context: AudioContext, track: MediaStreamTrack): Promise<MessagePort> {
  const moduleUrl = URL.createObjectURL(new Blob([voiceWorkletSource], { type: 'text/javascript' }));
  try {
    await context.audioWorklet.addModule(moduleUrl);
  } finally {
    URL.revokeObjectURL(moduleUrl);
  }
  const node = new AudioWorkletNode(context, 'cloudstage-voice', { channelCount: 1, channelCountMode: 'explicit' });
  context.createMediaStreamSource(new MediaStream([track])).connect(node);
  // It gives silence; what leads nowhere need not be run.
  node.connect(context.destination);
  return node.port;
}

function readByWorklet(track: MediaStreamTrack, { onSamples }: VoiceSourceHandlers): VoiceSource {
  // At the device's own rate, since not every browser reads a microphone at another; the encoder takes any.
  const context = new AudioContext({ latencyHint: 'interactive' });
  const stop = new AbortController();
  let frames = 0;
  resumeWhenAllowed(context, stop.signal);
  return {
    ready: startWorklet(context, track).then((port) => {
      port.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer>>) => {
        if (stop.signal.aborted) return;
        const timestampUs = Math.round((frames * 1_000_000) / context.sampleRate);
        frames += data.length;
        onSamples(data, context.sampleRate, timestampUs);
      };
    }),
    close() {
      if (stop.signal.aborted) return;
      stop.abort();
      context.close().catch(() => undefined);
    },
  };
}

/** Reads a microphone: by a track processor where the browser has one, else by an AudioWorklet. @throws when it has neither. */
export function openVoiceSource(track: MediaStreamTrack, handlers: VoiceSourceHandlers): VoiceSource {
  const Processor = processorConstructor();
  return Processor === undefined ? readByWorklet(track, handlers) : readByProcessor(Processor, track, handlers);
}
