import {
  buildChannelMessage,
  buildMediaHead,
  buildVoiceReceived,
  mediaSocketLimits,
  parseMediaMessage,
} from '@cloudstage/protocol';
import { describe, expect, it } from 'vitest';
import { clientLimits } from '../limits.js';
import type {
  ChannelHandlers,
  MediaDecoderHandlers,
  MediaSocketHandlers,
  PeerHandlers,
  Platform,
  VoiceSender,
} from '../platform.js';
import { createLinkFactory, type TransportWish } from './racing-link.js';

const url = 'wss://play.example/play?instance_id=s&token=t';
const keyFrame = Uint8Array.from([0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 1, 0x65, 1]);
const delta = Uint8Array.from([0, 0, 0, 1, 0x41, 1]);
const frame = (data: Uint8Array, timestamp = 90) => Uint8Array.from([...buildMediaHead('h264', timestamp), ...data]);

/** A platform whose peer, socket and decoder do what the test says. */
function harness({ unavailable = null as string | null, wish = {} as TransportWish } = {}) {
  const log: string[] = [];
  const timers = new Map<() => void, number>();
  const channels = new Map<string, ChannelHandlers>();
  const sent: Uint8Array[] = [];
  const decoded: (string | null)[] = [];
  const state = {
    peer: null as PeerHandlers | null,
    socket: null as MediaSocketHandlers | null,
    decoder: null as MediaDecoderHandlers | null,
    voice: undefined as VoiceSender | null | undefined,
    buffered: 0,
  };
  const platform: Platform = {
    createPeer(handlers) {
      state.peer = handlers;
      return {
        openChannel(label, _init, channelHandlers) {
          channels.set(label, channelHandlers);
          return { send: () => true, bufferedBytes: () => 0, close: () => undefined };
        },
        addTransceiver: () => undefined,
        createOffer: async () => 'offer',
        applyAnswer: async () => void log.push('answer'),
        answerOffer: async () => '',
        getStats: async () => [],
        close: () => void log.push('webrtc closed'),
      };
    },
    mediaSocket: {
      unavailable: () => unavailable,
      open(to, subProtocol, handlers) {
        log.push(`open ${to === url} ${subProtocol}`);
        state.socket = handlers;
        return {
          send: (bytes) => sent.push(bytes) > 0,
          bufferedBytes: () => state.buffered,
          close: () => void log.push('socket closed'),
        };
      },
      createDecoder(handlers) {
        state.decoder = handlers;
        return {
          video: ({ codec }) => void decoded.push(codec),
          audio: () => undefined,
          attach: () => void log.push('shown'),
          stats: () => ({ framesDecoded: 3, framesDropped: 0, totalDecodeTimeS: 0, width: 2, height: 2, soundGaps: 0 }),
          close: () => undefined,
        };
      },
      attachVoice(send) {
        state.voice = send;
        return { close: () => void log.push('voice closed') };
      },
      encodeText: (text) => Uint8Array.from(text, (character) => character.charCodeAt(0)),
      decodeText: (bytes) => String.fromCharCode(...bytes),
    },
    nowMs: () => 0,
    random: () => 0.5,
    setInterval: () => () => undefined,
    setTimeout(callback, delayMs) {
      timers.set(callback, delayMs);
      return () => timers.delete(callback);
    },
    postJson: async () => null,
    log: () => undefined,
  };
  const createLink = createLinkFactory(platform);
  const open = () =>
    createLink(
      {
        onTrack: (kind) => void log.push(`track ${kind}`),
        onIceState: (value) => void log.push(`ice ${value}`),
        onConnectionState: (value, message) =>
          void log.push(`connection ${value}${message === undefined ? '' : ` ${message}`}`),
        onChannelOpen: (label) => void log.push(`channel ${label}`),
        onChannelClosed: (label) => void log.push(`closed ${label}`),
        onMessage: (label, fields) => void log.push(`message ${label} ${JSON.stringify(fields)}`),
      },
      wish,
    );
  const messages = () => sent.map((bytes) => parseMediaMessage(bytes));
  const pass = (ms: number) => {
    for (const [callback, delayMs] of [...timers]) if (delayMs <= ms && timers.delete(callback)) callback();
  };
  return { open, log, state, channels, messages, decoded, pass, timers };
}

const settled = async () => {
  // News of a failed socket and of channels that open come a turn later.
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

describe('a link', () => {
  it('plays over the WebSocket when no pair connects: pictures, channels, acknowledgements', async () => {
    const { open, log, state, messages, decoded, pass } = harness();
    const link = open();
    await link.applyAnswer('sdp', url);
    pass(clientLimits.socketDelayMs);
    expect(log).toEqual(['answer', 'open true media-v1']);
    state.socket?.onMessage(frame(delta));
    state.socket?.onMessage(frame(keyFrame));
    expect(decoded).toEqual(['avc1.42C01F']);
    expect(messages()).toEqual([
      { type: 'received', bytes: 5 + delta.length },
      { type: 'received', bytes: 10 + delta.length + keyFrame.length },
    ]);
    state.decoder?.onPicture();
    await settled();
    expect(log.slice(2, 8)).toEqual([
      'webrtc closed',
      'shown',
      'track video',
      'track audio',
      'connection connected',
      'ice connected',
    ]);
    expect(log.slice(8)).toEqual(['km', 'hb', 'ack', 'svr', 'cloud_device'].map((label) => `channel ${label}`));
    // What the other connection reports on its way out is nobody's business.
    state.peer?.onIceState('closed');
    link.send('km', { type: 'x' });
    expect(messages().at(-1)).toMatchObject({ type: 'message', label: 'km', binary: false });
    state.socket?.onMessage(
      buildChannelMessage(
        'hb',
        Uint8Array.from('{"a":1}', (c) => c.charCodeAt(0)),
      ),
    );
    expect(log.at(-1)).toBe('message hb {"a":1}');
    state.decoder?.onKeyFrameNeeded();
    expect(messages().at(-1)).toEqual({ type: 'key-frame-wanted' });
    expect((await link.getStats()).find((entry) => entry.kind === 'video')).toMatchObject({
      packetsReceived: 2,
      framesDecoded: 3,
    });
    state.socket?.onClose();
    expect(log.at(-1)).toBe('connection failed');
  });

  const plays = async (hello: string) => {
    const made = harness({ wish: { mode: 'websocket' } });
    const link = made.open();
    await link.applyAnswer('sdp', url);
    made.state.socket?.onText(hello);
    expect(made.state.voice).toBeUndefined();
    made.state.decoder?.onPicture();
    await settled();
    return { ...made, link };
  };
  const voices = (messages: readonly ReturnType<typeof parseMediaMessage>[]) =>
    messages.flatMap((message) => (message?.type === 'voice' ? [[message.sequenceNumber, message.timestamp]] : []));

  it('sends a voice to a server that takes it: numbered, in ticks of 48 kHz, and dropped while too much waits', async () => {
    const { state, messages, log, link } = await plays('{"Type":"CreateSession","Data":{"Voice":{"Codec":"opus"}}}');
    const say = (timestampUs: number) => state.voice?.(Uint8Array.of(0xf8), timestampUs);
    say(20_000);
    state.buffered = clientLimits.voiceBacklogBytes + 1;
    say(40_000);
    state.buffered = 0;
    say(60_000);
    expect(voices(messages())).toEqual([
      [0, 960],
      [1, 2_880],
    ]);
    for (let index = 0; index < 2 * mediaSocketLimits.voiceInFlight; index += 1) say(0);
    expect(voices(messages())).toHaveLength(mediaSocketLimits.voiceInFlight);
    state.socket?.onMessage(buildVoiceReceived(4));
    say(0);
    expect(voices(messages())).toHaveLength(mediaSocketLimits.voiceInFlight + 1);
    state.voice?.(new Uint8Array(mediaSocketLimits.voicePacketBytes + 1), 0);
    link.close();
    expect(log.at(-2)).toBe('voice closed');
    say(0);
    expect(voices(messages())).toHaveLength(mediaSocketLimits.voiceInFlight + 1);
  });

  it('sends none to a server that takes none', async () => {
    const { state } = await plays('{"Type":"CreateSession","Data":{"Code":0}}');
    expect(state.voice).toBeNull();
  });

  it('opens no WebSocket when WebRTC connects, and forgets the race', async () => {
    const { open, log, state, channels, timers, pass } = harness();
    await open().applyAnswer('sdp', url);
    state.peer?.onIceState('connected');
    pass(clientLimits.socketDelayMs);
    state.peer?.onConnectionState('connected');
    channels.get('hb')?.onOpen();
    expect(timers.size).toBe(0);
    state.peer?.onIceState('disconnected');
    expect(log).toEqual(['answer', 'ice connected', 'connection connected', 'channel hb', 'ice disconnected']);
  });

  it('tries the WebSocket sooner after one has won', async () => {
    const { open, state, timers, pass } = harness();
    const first = open();
    await first.applyAnswer('sdp', url);
    pass(clientLimits.socketDelayMs);
    state.decoder?.onPicture();
    first.close();
    await open().applyAnswer('sdp', url);
    expect([...timers.values()]).toContain(clientLimits.socketAgainDelayMs);
  });

  it('opens it at once, without WebRTC, when the page wants it', async () => {
    const { open, log } = harness({ wish: { mode: 'websocket' } });
    await open().applyAnswer('sdp', url);
    expect(log).toEqual(['open true media-v1']);
  });

  it('says why there is no WebSocket when WebRTC fails', async () => {
    const { open, log, state } = harness({ unavailable: 'no HTTPS' });
    await open().applyAnswer('sdp', url);
    state.peer?.onIceState('failed');
    expect(log).toEqual(['answer', 'connection failed WebRTC does not connect, nor does a WebSocket: no HTTPS']);
  });

  it('is lost when the WebSocket is refused, too', async () => {
    const { open, log, state } = harness();
    await open().applyAnswer('sdp', url);
    state.peer?.onIceState('failed');
    state.socket?.onClose();
    await settled();
    expect(log.slice(-2)).toEqual([
      'socket closed',
      'connection failed WebRTC does not connect, nor does a WebSocket: the WebSocket was closed',
    ]);
  });

  it.each<[string, string | undefined, TransportWish]>([
    ['a server that offers none', undefined, {}],
    ['an address that is none', 'https://play.example', {}],
    ['a page that wants WebRTC only', url, { mode: 'webrtc' }],
  ])('reports as before with %s', async (_name, socketUrl, wish) => {
    const { open, log, state, pass } = harness({ wish });
    await open().applyAnswer('sdp', socketUrl);
    pass(clientLimits.socketLateDelayMs);
    state.peer?.onIceState('failed');
    expect(log).toEqual(['answer', 'ice failed']);
  });
});
