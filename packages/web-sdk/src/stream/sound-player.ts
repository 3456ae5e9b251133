import { resumeWhenAllowed } from './resume.js';
import { soundWorkletSource } from './sound-worklet.js';

/** Plays decoded sound into a track. */
export interface SoundPlayer {
  /** One Opus packet, 48 kHz stereo. */
  decode(data: Uint8Array, timestampUs: number): void;
  readonly track: MediaStreamTrack;
  /** Times at which sound ran out: pauses of the program, and trouble. */
  gaps(): number;
  close(): void;
}

const sampleRate = 48_000;
const channels = 2;

/** Packets that wait for the decoder; more means that it has stopped. */
const mostQueuedPackets = 50;

function interleaved(sound: AudioData): Float32Array {
  const samples = new Float32Array(sound.numberOfFrames * channels);
  if (sound.numberOfChannels === channels && !sound.format?.endsWith('-planar')) {
    sound.copyTo(samples, { planeIndex: 0, format: 'f32' });
    return samples;
  }
  const plane = new Float32Array(sound.numberOfFrames);
  for (let channel = 0; channel < channels; channel += 1) {
    sound.copyTo(plane, { planeIndex: Math.min(channel, sound.numberOfChannels - 1), format: 'f32-planar' });
    for (const [i, sample] of plane.entries()) samples[i * channels + channel] = sample;
  }
  return samples;
}

/** Creates the player. @throws when the browser has no decoder of sound. */
export function createSoundPlayer(): SoundPlayer {
  const context = new AudioContext({ sampleRate, latencyHint: 'interactive' });
  const destination = context.createMediaStreamDestination();
  const [track] = destination.stream.getAudioTracks();
  if (track === undefined) throw new Error('there is no track for sound');
  const stop = new AbortController();
  let node: AudioWorkletNode | null = null;
  let gaps = 0;
  const moduleUrl = URL.createObjectURL(new Blob([soundWorkletSource], { type: 'text/javascript' }));
  const ready = async () => {
    await context.audioWorklet.addModule(moduleUrl);
    if (stop.signal.aborted) return;
    node = new AudioWorkletNode(context, 'cloudstage-sound', { numberOfInputs: 0, outputChannelCount: [channels] });
    node.port.onmessage = () => {
      gaps += 1;
    };
    node.connect(destination);
  };
  // Without sound the picture goes on; the page hears of it by `soundGaps` staying at zero and silence.
  ready()
    .catch(() => undefined)
    .finally(() => URL.revokeObjectURL(moduleUrl));
  const decoder = new AudioDecoder({
    output(sound) {
      // Before the context runs nothing may pile up.
      if (node !== null && context.state === 'running') {
        const samples = interleaved(sound);
        node.port.postMessage(samples, [samples.buffer]);
      }
      sound.close();
    },
    error: () => undefined,
  });
  decoder.configure({ codec: 'opus', sampleRate, numberOfChannels: channels });
  resumeWhenAllowed(context, stop.signal);
  return {
    track,
    decode(data, timestampUs) {
      if (decoder.state !== 'configured' || decoder.decodeQueueSize > mostQueuedPackets) return;
      decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: timestampUs, data }));
    },
    gaps: () => gaps,
    close() {
      stop.abort();
      if (decoder.state !== 'closed') decoder.close();
      track.stop();
      context.close().catch(() => undefined);
    },
  };
}
