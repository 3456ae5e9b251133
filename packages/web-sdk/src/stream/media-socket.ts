import type { MediaSocketHandlers, MediaSocketPlatform, MediaSocketPort } from '@cloudstage/client-core';
import type { VoiceTrack } from '../voice-track.js';
import { createMediaDecoder, type TrackTarget } from './media-decoder.js';
import { createSocketVoice } from './socket-voice.js';

function open(url: string, subProtocol: string, handlers: MediaSocketHandlers): MediaSocketPort {
  const socket = new WebSocket(url, subProtocol);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => handlers.onOpen();
  socket.onclose = () => handlers.onClose();
  socket.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) handlers.onMessage(new Uint8Array(data));
    else if (typeof data === 'string') handlers.onText(data);
  };
  return {
    send(bytes) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(bytes as Uint8Array<ArrayBuffer>);
      return true;
    },
    bufferedBytes: () => socket.bufferedAmount,
    close: () => socket.close(),
  };
}

/** Why this page cannot play over a WebSocket; null when it can. */
function unavailable(): string | null {
  if (!window.isSecureContext) return 'browsers decode (WebCodecs) only on pages of HTTPS or localhost';
  const needed = ['VideoDecoder', 'AudioDecoder', 'AudioWorkletNode'].filter((name) => !(name in window));
  return needed.length === 0 ? null : `this browser lacks ${needed.join(', ')}`;
}

/** The page's microphone, and who hears that it is not sent any more. */
export interface SocketVoice {
  readonly track: VoiceTrack;
  onFailed(error: unknown): void;
}

/** The browser's WebSocket, decoders and encoder. */
export function createBrowserMediaSocket(target: TrackTarget, voice: SocketVoice): MediaSocketPlatform {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return {
    unavailable,
    open,
    createDecoder: (handlers) => createMediaDecoder(handlers, target),
    attachVoice(send) {
      const sink = createSocketVoice(send, voice.onFailed);
      voice.track.attach(sink);
      return sink;
    },
    encodeText: (text) => encoder.encode(text),
    decodeText: (bytes) => decoder.decode(bytes),
  };
}
