import {
  buildChannelChange,
  buildChannelMessage,
  buildKeyFrameWanted,
  buildReceived,
  buildVoice,
  mediaSocketLimits,
  mediaSocketProtocol,
  parseMediaHello,
  parseMediaMessage,
} from '@cloudstage/protocol';
import { clientLimits } from '../limits.js';
import type {
  AttachedVoice,
  ChannelHandlers,
  ChannelPort,
  MediaDecoderPort,
  MediaSocketPlatform,
  MediaSocketPort,
  PeerHandlers,
  PeerPort,
  StatsEntry,
  VoiceSender,
} from '../platform.js';
import { createTimestampUnwrapper, readH264, readVp8 } from '../stream/h264.js';
import { createVoiceFlow, type VoiceFlow } from './voice-flow.js';

/** What a WebSocket reports until it is used or closed. */
export interface SocketPortEvents {
  /** The first picture was decoded. */
  onPicture(): void;
  /** It cannot be opened, was closed, or brings what the device cannot decode. Once. */
  onFailed(message: string): void;
}

/** A WebSocket as a peer: the same channels, the media by decoders of the platform. */
export interface SocketPort extends PeerPort {
  /** It has won: shows its picture and reports to the peer's handlers. Channels may be opened from here on. */
  use(handlers: PeerHandlers): void;
}

/** Received streams, counted as `getStats` of a peer connection does. */
function createCounters() {
  const video = { packetsReceived: 0, bytesReceived: 0, framesReceived: 0 };
  const audio = { packetsReceived: 0, bytesReceived: 0 };
  let videoType: 'h264' | 'vp8' = 'h264';
  return {
    total: 0,
    countPicture(bytes: number, type: 'h264' | 'vp8'): void {
      videoType = type;
      video.packetsReceived += 1;
      video.framesReceived += 1;
      video.bytesReceived += bytes;
    },
    countSound(bytes: number): void {
      audio.packetsReceived += 1;
      audio.bytesReceived += bytes;
    },
    entries(decoder: MediaDecoderPort): StatsEntry[] {
      const { framesDecoded, framesDropped, totalDecodeTimeS, width, height, soundGaps } = decoder.stats();
      const decoded = {
        framesDecoded,
        framesDropped,
        totalDecodeTime: totalDecodeTimeS,
        frameWidth: width,
        frameHeight: height,
      };
      return [
        { id: 'socket-video-codec', type: 'codec', mimeType: `video/${videoType.toUpperCase()}`, clockRate: 90_000 },
        { id: 'socket-opus', type: 'codec', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
        { id: 'socket-video', type: 'inbound-rtp', kind: 'video', codecId: 'socket-video-codec', ...video, ...decoded },
        {
          id: 'socket-audio',
          type: 'inbound-rtp',
          kind: 'audio',
          codecId: 'socket-opus',
          ...audio,
          concealmentEvents: soundGaps,
        },
      ];
    },
  };
}

/** One connection in the making; the functions below share it. */
interface Context {
  readonly media: MediaSocketPlatform;
  readonly events: SocketPortEvents;
  readonly channels: Map<string, ChannelHandlers>;
  readonly counters: ReturnType<typeof createCounters>;
  readonly unwrapVideo: (timestamp: number) => number;
  readonly unwrapAudio: (timestamp: number) => number;
  readonly voiceFlow: VoiceFlow;
  voice: AttachedVoice | null;
  takesVoice: boolean;
  decoder: MediaDecoderPort | null;
  socket: MediaSocketPort | null;
  peer: PeerHandlers | null;
  waitsForKeyFrame: boolean;
  soundUnacknowledged: number;
  sawPicture: boolean;
  closed: boolean;
}

function fail(context: Context, message: string): void {
  if (context.closed) return;
  const { peer, events } = context;
  close(context);
  if (peer === null) events.onFailed(message);
  else peer.onConnectionState('failed');
}

function close(context: Context): void {
  context.closed = true;
  context.voice?.close();
  context.decoder?.close();
  context.socket?.close();
  context.channels.clear();
}

function acknowledge(context: Context): void {
  context.soundUnacknowledged = 0;
  context.socket?.send(buildReceived(context.counters.total));
}

function wantKeyFrame(context: Context): void {
  if (context.closed) return;
  context.waitsForKeyFrame = true;
  context.socket?.send(buildKeyFrameWanted());
}

function onPicture(context: Context, type: 'h264' | 'vp8', data: Uint8Array, timestamp: number): void {
  context.counters.countPicture(data.length, type);
  acknowledge(context);
  const timestampUs = context.unwrapVideo(timestamp);
  const { keyFrame, codec } = type === 'h264' ? readH264(data) : readVp8(data);
  if (context.waitsForKeyFrame && !(keyFrame && codec !== null)) return;
  context.waitsForKeyFrame = false;
  context.decoder?.video({ data, timestampUs, codec: keyFrame ? codec : null });
}

function onMessage(context: Context, bytes: Uint8Array): void {
  if (context.closed) return;
  context.counters.total += bytes.length;
  const message = parseMediaMessage(bytes);
  if (message === null) {
    fail(context, 'the server sent a malformed message');
  } else if (message.type === 'h264' || message.type === 'vp8') {
    onPicture(context, message.type, message.data, message.timestamp);
  } else if (message.type === 'opus') {
    context.counters.countSound(message.data.length);
    context.soundUnacknowledged += 1;
    if (context.soundUnacknowledged >= clientLimits.soundPacketsPerReceipt) acknowledge(context);
    context.decoder?.audio(message.data, context.unwrapAudio(message.timestamp));
  } else if (message.type === 'voice-received') {
    context.voiceFlow.onReceived(message.sequenceNumber);
  } else if (message.type === 'message' && !message.binary) {
    context.channels.get(message.label)?.onMessage(context.media.decodeText(message.data));
  }
}

/** Ticks of 48 kHz. */
const voiceTicksPerUs = 0.048;

function sendVoice(context: Context): VoiceSender {
  return (data, timestampUs) => {
    const { socket, voiceFlow, closed } = context;
    if (closed || socket === null || data.length === 0 || data.length > mediaSocketLimits.voicePacketBytes) return;
    const sequenceNumber = voiceFlow.take(socket.bufferedBytes());
    if (sequenceNumber === null) return;
    socket.send(buildVoice(sequenceNumber, Math.round(timestampUs * voiceTicksPerUs), data));
  };
}

function openChannel(context: Context, label: string, handlers: ChannelHandlers): ChannelPort {
  const { channels, media } = context;
  channels.set(label, handlers);
  context.socket?.send(buildChannelChange('channel-open', label));
  const isOpen = () => channels.get(label) === handlers;
  // Open at once, since messages stay in order, but told like a data channel's: later.
  void Promise.resolve().then(() => {
    if (isOpen()) handlers.onOpen();
  });
  return {
    send: (text) => isOpen() && context.socket?.send(buildChannelMessage(label, media.encodeText(text))) === true,
    bufferedBytes: () => context.socket?.bufferedBytes() ?? 0,
    close() {
      if (!isOpen()) return;
      channels.delete(label);
      context.socket?.send(buildChannelChange('channel-closed', label));
    },
  };
}

function connect(context: Context, url: string): void {
  const { media, events } = context;
  try {
    context.decoder = media.createDecoder({
      onPicture() {
        if (context.sawPicture || context.closed) return;
        context.sawPicture = true;
        events.onPicture();
      },
      onKeyFrameNeeded: () => wantKeyFrame(context),
      onFailed: (message) => fail(context, message),
    });
    context.socket = media.open(url, mediaSocketProtocol, {
      onOpen: () => undefined,
      onMessage: (bytes) => onMessage(context, bytes),
      onText: (text) => {
        context.takesVoice ||= parseMediaHello(text)?.takesVoice === true;
      },
      onClose: () => fail(context, 'the WebSocket was closed'),
    });
  } catch (error) {
    fail(context, `the WebSocket cannot be opened: ${String(error)}`);
  }
}

const noDescriptions = () => Promise.reject(new Error('a WebSocket has no descriptions'));

/** Opens a WebSocket and decodes what it brings, unseen until it is used. The owner closes it. */
export function createSocketPort(media: MediaSocketPlatform, url: string, events: SocketPortEvents): SocketPort {
  const context: Context = {
    ...{ media, events, channels: new Map(), counters: createCounters() },
    ...{ unwrapVideo: createTimestampUnwrapper(), unwrapAudio: createTimestampUnwrapper() },
    ...{ voiceFlow: createVoiceFlow(), voice: null, takesVoice: false },
    ...{ decoder: null, socket: null, peer: null },
    ...{ waitsForKeyFrame: true, soundUnacknowledged: 0, sawPicture: false, closed: false },
  };
  connect(context, url);
  return {
    use(handlers) {
      context.peer = handlers;
      context.decoder?.attach();
      handlers.onTrack('video');
      handlers.onTrack('audio');
      context.voice = media.attachVoice?.(context.takesVoice ? sendVoice(context) : null) ?? null;
      handlers.onConnectionState('connected');
      // Pages that show the state of the network know it by this name.
      handlers.onIceState('connected');
    },
    openChannel: (label, _init, handlers) => openChannel(context, label, handlers),
    addTransceiver: () => undefined,
    createOffer: noDescriptions,
    applyAnswer: noDescriptions,
    answerOffer: noDescriptions,
    getStats: async () => (context.decoder === null ? [] : context.counters.entries(context.decoder)),
    close: () => close(context),
  };
}
