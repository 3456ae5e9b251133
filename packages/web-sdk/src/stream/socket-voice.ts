import type { VoiceSender } from '@cloudstage/client-core';
import type { VoiceSink } from '../voice-track.js';
import { canReadTrack, openVoiceSource } from './voice-source.js';

/** As WebRTC sends a voice: packets of 20 ms, mono, 32 kbit/s. Some browsers do not know `application`. */
const encoderConfig = {
  codec: 'opus',
  numberOfChannels: 1,
  bitrate: 32_000,
  opus: { frameDuration: 20_000, application: 'voip' },
} as const;

/** Pieces of 10 ms that wait for the encoder; more means that it has stopped, or that the page stood still. */
const mostQueuedPieces = 10;

/** Whether this page can send a voice on a WebSocket. */
export const canSpeakOnSocket = () =>
  window.isSecureContext && 'mediaDevices' in navigator && 'AudioEncoder' in window && canReadTrack();

interface RunningVoice {
  readonly ready: Promise<void>;
  close(): void;
}

/** Encodes pieces of samples. @throws when the browser cannot. */
function createVoiceEncoder(send: VoiceSender, onFailed: (error: unknown) => void) {
  const encoder = new AudioEncoder({
    output(packet) {
      const data = new Uint8Array(packet.byteLength);
      packet.copyTo(data);
      send(data, packet.timestamp);
    },
    error: onFailed,
  });
  let configuredRate = 0;
  return {
    encode(data: Float32Array<ArrayBuffer>, sampleRate: number, timestamp: number): void {
      if (encoder.state === 'closed' || encoder.encodeQueueSize > mostQueuedPieces) return;
      if (configuredRate !== sampleRate) encoder.configure({ ...encoderConfig, sampleRate });
      configuredRate = sampleRate;
      const { numberOfChannels } = encoderConfig;
      const shape = { format: 'f32', sampleRate, numberOfFrames: data.length, numberOfChannels } as const;
      const sound = new AudioData({ ...shape, timestamp, data });
      encoder.encode(sound);
      sound.close();
    },
    close() {
      if (encoder.state !== 'closed') encoder.close();
    },
  };
}

/** Sends a track until it is closed. @throws when the browser cannot. */
function startVoice(track: MediaStreamTrack, send: VoiceSender, onFailed: (error: unknown) => void): RunningVoice {
  const encoder = createVoiceEncoder(send, onFailed);
  const source = openVoiceSource(track, {
    onSamples(samples, sampleRate, timestampUs) {
      try {
        encoder.encode(samples, sampleRate, timestampUs);
      } catch (error) {
        onFailed(error);
      }
    },
    onFailed,
  });
  return {
    ready: source.ready,
    close() {
      source.close();
      encoder.close();
    },
  };
}

/**
 * The user's voice on one WebSocket.
 * @param send null: the server takes no voice
 * @param onFailed what was being sent is not sent any more; once for each track
 */
export function createSocketVoice(
  send: VoiceSender | null,
  onFailed: (error: unknown) => void,
): VoiceSink & { close(): void } {
  let voice: RunningVoice | null = null;
  let closed = false;
  const stop = () => {
    voice?.close();
    voice = null;
  };
  return {
    async replaceTrack(track) {
      stop();
      if (track === null || closed) return;
      if (send === null) throw new DOMException('the server hears nobody over a WebSocket', 'NotSupportedError');
      if (!canSpeakOnSocket()) throw new DOMException('this browser cannot encode a voice', 'NotSupportedError');
      const started: RunningVoice = startVoice(track, send, (error) => {
        if (voice !== started) return;
        stop();
        onFailed(error);
      });
      voice = started;
      try {
        await started.ready;
      } catch (error) {
        if (voice === started) stop();
        throw error;
      }
    },
    close() {
      closed = true;
      stop();
    },
  };
}
