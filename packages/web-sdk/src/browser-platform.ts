import {
  type ChannelHandlers,
  type ChannelInit,
  type ChannelPort,
  type PeerHandlers,
  type PeerPort,
  type Platform,
  type StatsEntry,
  withStereo,
} from '@cloudstage/client-core';
import { createBrowserMediaSocket } from './stream/media-socket.js';
import { createVoiceTrack, type VoiceTrack } from './voice-track.js';

/** What the browser platform hands to its owner. */
export interface BrowserPlatformDeps {
  /** A remote track arrived; attach it to the view. `keepsTime`: its frames' media time is their capture time. */
  onTrack(track: MediaStreamTrack, keepsTime: boolean): void;
  /** The view shows a picture of the last track. */
  hasPicture(): boolean;
  /** A connection does not carry the track that is being sent, or not any more. */
  onVoiceFailed(error: unknown): void;
  log(message: string): void;
}

function openChannel(
  peer: RTCPeerConnection,
  label: string,
  init: ChannelInit,
  handlers: ChannelHandlers,
): ChannelPort {
  const channel = peer.createDataChannel(label, init);
  channel.onopen = () => handlers.onOpen();
  channel.onclose = () => handlers.onClose();
  channel.onmessage = (event) => {
    if (typeof event.data === 'string') handlers.onMessage(event.data);
  };
  return {
    send(text) {
      if (channel.readyState !== 'open') return false;
      try {
        channel.send(text);
        return true;
      } catch {
        // Longer than max-message-size, or the buffer is full: the message is lost like on a closed channel.
        return false;
      }
    },
    bufferedBytes: () => channel.bufferedAmount,
    close: () => channel.close(),
  };
}

function addTransceiver(peer: RTCPeerConnection, kind: 'audio' | 'video', voice: VoiceTrack): void {
  // Chromium offers parity packets (`flexfec-03`) only for pictures that it does not send itself.
  const direction = kind === 'video' ? 'recvonly' : 'sendrecv';
  const { receiver, sender } = peer.addTransceiver(kind, { direction });
  if (kind === 'audio') voice.attach(sender);
  // Frames are shown as they come; sound keeps its own adaptive buffer.
  if (kind === 'video' && 'jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
}

/** Sets an own description that asks for stereo; one that the browser does not let us change is set as it is. */
async function setLocal(peer: RTCPeerConnection, { type, sdp = '' }: RTCSessionDescriptionInit): Promise<string> {
  const stereo = withStereo(sdp);
  try {
    await peer.setLocalDescription({ type, sdp: stereo });
    return stereo;
  } catch (error) {
    if (stereo === sdp) throw error;
    await peer.setLocalDescription({ type, sdp });
    return sdp;
  }
}

function createPeer(deps: BrowserPlatformDeps, handlers: PeerHandlers, voice: VoiceTrack): PeerPort {
  const peer = new RTCPeerConnection();
  peer.ontrack = ({ track }) => {
    deps.onTrack(track, false);
    handlers.onTrack(track.kind === 'audio' ? 'audio' : 'video');
  };
  peer.oniceconnectionstatechange = () => handlers.onIceState(peer.iceConnectionState);
  peer.onconnectionstatechange = () => handlers.onConnectionState(peer.connectionState);
  return {
    openChannel: (label, init, channelHandlers) => openChannel(peer, label, init, channelHandlers),
    addTransceiver: (kind) => addTransceiver(peer, kind, voice),
    async createOffer() {
      return setLocal(peer, await peer.createOffer());
    },
    applyAnswer: (sdp) => peer.setRemoteDescription({ type: 'answer', sdp }),
    async answerOffer(sdp) {
      await peer.setRemoteDescription({ type: 'offer', sdp });
      return setLocal(peer, await peer.createAnswer());
    },
    async getStats() {
      const entries: StatsEntry[] = [];
      (await peer.getStats()).forEach((entry: StatsEntry) => {
        entries.push(entry);
      });
      return entries;
    },
    close() {
      peer.ontrack = null;
      peer.close();
    },
  };
}

async function postJson(url: string, body: unknown, deadlineMs: number): Promise<unknown> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: deadline.signal,
    });
    return await response.json();
  } finally {
    clearTimeout(timer);
  }
}

/** The browser as a platform. Contacts nothing but the peer, and addresses that the page has given. */
export function createBrowserPlatform(deps: BrowserPlatformDeps): Platform & { readonly voice: VoiceTrack } {
  const voice = createVoiceTrack(deps.onVoiceFailed);
  return {
    voice,
    createPeer: (handlers) => createPeer(deps, handlers, voice),
    mediaSocket: createBrowserMediaSocket(
      { attach: deps.onTrack, hasPicture: deps.hasPicture },
      { track: voice, onFailed: deps.onVoiceFailed },
    ),
    nowMs: () => performance.timeOrigin + performance.now(),
    random: () => Math.random(),
    setInterval(callback, periodMs) {
      const timer = setInterval(callback, periodMs);
      return () => clearInterval(timer);
    },
    setTimeout(callback, delayMs) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    postJson,
    log: deps.log,
  };
}
