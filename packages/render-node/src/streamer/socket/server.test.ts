import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildChannelChange,
  buildChannelMessage,
  buildKeyFrameWanted,
  buildReceived,
  buildVoice,
  buildVoiceReceived,
  mediaSocketLimits,
  parseMediaMessage,
} from '@cloudstage/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { streamerLimits } from '../limits.js';
import type { PeerIdentity } from '../peer/peer-identity.js';
import { SocketPeer } from '../peer/socket-peer.js';
import { rtpLimits } from '../rtp/limits.js';
import type { CommonCodec } from '../video-codec.js';
import { buildFrameHead, opcodes } from './frames.js';
import { type MediaSocketServer, serveMediaSockets, type TakeConnection } from './server.js';

/** A client's bytes through the real server to a real peer. */

const logger = pino({ level: 'silent' });
const soon = { timeout: 10_000 };
let dir: string;
let server: MediaSocketServer;
let take: TakeConnection | null;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'media-socket-'));
  server = await serveMediaSockets(join(dir, 'media.sock'), {
    claim: (token) => (token === 'good' ? take : null),
    logger,
  });
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

/** Asks for a WebSocket; gives what came back so far. */
function dial(token: string) {
  const socket = connect(join(dir, 'media.sock'));
  let got = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    got = Buffer.concat([got, chunk]);
  });
  socket.on('error', () => undefined);
  const lines = [
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: media-v1',
  ];
  socket.write(`GET /play?token=${token} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  const send = (payload: Uint8Array) => {
    const head = buildFrameHead(opcodes.binary, payload.length);
    head[1] = (head[1] ?? 0) | 0x80;
    // A mask of zeros changes nothing.
    socket.write(Buffer.concat([head, Buffer.alloc(4), payload]));
  };
  return { text: () => got.toString('latin1'), bytes: () => got, send, closed: once(socket, 'close') };
}

function createPeer(
  codec: CommonCodec = 'H264',
  role: PeerIdentity['role'] = 'Player',
  clock = () => performance.now() * 1_000,
) {
  const events = {
    onChosen: vi.fn(),
    onClosed: vi.fn(),
    onKeyFrameNeeded: vi.fn(),
    onTargetChanged: vi.fn(),
    onVoice: vi.fn(),
    channels: { onOpen: vi.fn(), onMessage: vi.fn(), onClosed: vi.fn() },
  };
  const identity = { peerId: 'p.socket', userId: 'u', role, seat: 1 };
  const bitrate = { minBitrateBps: 1e6, maxBitrateBps: 8e6, startBitrateBps: 5e6 };
  const made: SocketPeer[] = [];
  take = (connection) => {
    const peer = new SocketPeer(events, {
      codec,
      identity,
      connection,
      bitrate,
      clock,
      sourceLatency: () => ({}),
      logger,
    });
    made.push(peer);
    peer.start();
  };
  return { events, made };
}

const picture = (keyFrame: boolean, data: Buffer) => {
  return { codec: 'H264' as const, payloads: [], timestamp: 7, captureTimeUs: 0, keyFrame, data };
};

it('refuses a token that is not good', async () => {
  take = () => undefined;
  const client = dial('bad');
  await client.closed;
  expect(client.text()).toMatch(/^HTTP\/1\.1 403 /);
});

it('shakes hands as RFC 6455 has it, and plays: pictures from a key frame on, channels, good-bye', async () => {
  const { events, made } = createPeer();
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('"Type":"CreateSession"'), soon);
  expect(client.text()).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  const [peer] = made;
  peer?.sendVideo(picture(false, Buffer.from('early')), false);
  peer?.sendVideo(picture(true, Buffer.from('key')), false);
  peer?.sendVideo(picture(false, Buffer.from('next')), false);
  await vi.waitFor(() => expect(client.text().slice(-9)).toBe('g\0\0\0\x07next'), soon);
  expect(client.text()).toContain('g\0\0\0\x07key');
  expect(client.text()).not.toContain('early');
  expect(peer?.channels.send('hb', '{}')).toBe(false);
  client.send(buildChannelChange('channel-open', 'hb'));
  client.send(buildChannelMessage('hb', Buffer.from('{"x":1}')));
  client.send(buildChannelMessage('km', Buffer.from('not open')));
  client.send(buildReceived(17));
  await vi.waitFor(() => expect(events.onTargetChanged).toHaveBeenCalled(), soon);
  expect(events.onChosen).toHaveBeenCalledTimes(1);
  expect(events.channels.onMessage.mock.calls).toEqual([['hb', '{"x":1}']]);
  expect(peer?.channels.send('hb', '{"y":2}')).toBe(true);
  await vi.waitFor(() => expect(client.text()).toMatch(/\{"y":2\}$/), soon);
  const message = client.bytes().subarray(-(10 + 'hb'.length + '{"y":2}'.length));
  expect(parseMediaMessage(message)).toMatchObject({ type: 'message', label: 'hb' });
  void peer?.close('kicked');
  await client.closed;
  expect(events.onClosed.mock.calls).toEqual([['kicked']]);
});

it('carries VP8 for a client that was promised it', async () => {
  const { made } = createPeer('VP8');
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('"Video":"vp8"'), soon);
  made[0]?.sendVideo({ ...picture(true, Buffer.from('key')), codec: 'VP8' }, false);
  await vi.waitFor(() => expect(client.text().slice(-8)).toBe('i\0\0\0\x07key'), soon);
  expect(parseMediaMessage(client.bytes().subarray(-8))).toMatchObject({ type: 'vp8', timestamp: 7 });
  void made[0]?.close('kicked');
  await client.closed;
});

it('ends with a client that breaks the rules', async () => {
  const { events } = createPeer();
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('CreateSession'), soon);
  client.send(Buffer.from([99]));
  await client.closed;
  expect(events.onClosed.mock.calls).toEqual([['client-closed']]);
});

const voice = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => buildVoice(from + index, 960 * index, Buffer.from([0xf8, index & 0xff])));

it('hears a player, says so in its first message, and acknowledges what it has got', async () => {
  const { events, made } = createPeer();
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('"Voice":{"Codec":"opus"}'), soon);
  for (const message of voice(0xfffe, 7)) client.send(message);
  await vi.waitFor(() => expect(events.onVoice).toHaveBeenCalledTimes(7), soon);
  expect(events.onVoice.mock.calls.map(([packet]) => packet.sequenceNumber)).toEqual([65_534, 65_535, 0, 1, 2, 3, 4]);
  expect(events.onVoice.mock.calls[1]).toEqual([
    { sequenceNumber: 65_535, payload: Buffer.from([0xf8, 1]), comesInBursts: true },
  ]);
  await vi.waitFor(() => expect(client.bytes().subarray(-3)).toEqual(Buffer.from(buildVoiceReceived(2))), soon);
  void made[0]?.close('kicked');
  await client.closed;
});

it('hears no more of a player than a voice has, and goes on playing', async () => {
  const { events, made } = createPeer();
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('CreateSession'), soon);
  const { voicePerSecond } = streamerLimits;
  for (const message of voice(0, 20 * voicePerSecond)) client.send(message);
  client.send(buildChannelChange('channel-open', 'hb'));
  await vi.waitFor(() => expect(events.channels.onOpen).toHaveBeenCalled(), soon);
  expect(events.onVoice.mock.calls.length).toBeGreaterThanOrEqual(voicePerSecond);
  expect(events.onVoice.mock.calls.length).toBeLessThan(20 * voicePerSecond);
  expect(events.onClosed).not.toHaveBeenCalled();
  void made[0]?.close('kicked');
  await client.closed;
});

it('does not hear viewers, nor does it say that it would', async () => {
  const { events, made } = createPeer('H264', 'Viewer');
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('CreateSession'), soon);
  expect(client.text()).not.toContain('Voice');
  for (const message of voice(0, 5)) client.send(message);
  await vi.waitFor(() => expect(client.bytes().subarray(-3)).toEqual(Buffer.from(buildVoiceReceived(4))), soon);
  expect(events.onVoice).not.toHaveBeenCalled();
  void made[0]?.close('kicked');
  await client.closed;
});

it('ends with a client whose voice has packets that are none', async () => {
  const { events } = createPeer();
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('CreateSession'), soon);
  const longest = buildVoice(0, 0, Buffer.alloc(mediaSocketLimits.voicePacketBytes));
  client.send(Buffer.concat([longest, Buffer.alloc(1)]));
  await client.closed;
  expect(events.onClosed.mock.calls).toEqual([['client-closed']]);
  expect(events.onVoice).not.toHaveBeenCalled();
});

it('makes few key frames for a viewer who asks all the time, and one later', async () => {
  let nowUs = 1e9;
  const { events, made } = createPeer('H264', 'Viewer', () => nowUs);
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('CreateSession'), soon);
  for (let count = 0; count < 50; count++) client.send(buildKeyFrameWanted());
  client.send(buildChannelChange('channel-open', 'hb'));
  await vi.waitFor(() => expect(events.channels.onOpen).toHaveBeenCalled(), soon);
  expect(events.onKeyFrameNeeded).toHaveBeenCalledTimes(rtpLimits.viewerKeyFrames);
  made[0]?.tick();
  expect(events.onKeyFrameNeeded).toHaveBeenCalledTimes(rtpLimits.viewerKeyFrames);
  nowUs += rtpLimits.viewerKeyFrameIntervalMs * 1_000;
  made[0]?.tick();
  made[0]?.tick();
  expect(events.onKeyFrameNeeded).toHaveBeenCalledTimes(rtpLimits.viewerKeyFrames + 1);
  void made[0]?.close('kicked');
  await client.closed;
});

it('makes nobody wait for a client that does not read: pictures are left out, and a key frame is owed', async () => {
  const { events, made } = createPeer();
  const client = dial('good');
  await vi.waitFor(() => expect(client.text()).toContain('CreateSession'), soon);
  const [peer] = made;
  peer?.sendVideo(picture(true, Buffer.alloc(60_000)), true);
  for (let i = 0; i < 10; i += 1) peer?.sendVideo(picture(false, Buffer.alloc(20_000)), true);
  expect(peer?.blocked).toBe(true);
  expect(peer?.stats().picturesSkipped).toBe(1);
  const bytes = peer?.stats().bytesSent ?? 0;
  client.send(buildReceived(bytes));
  await vi.waitFor(() => expect(events.onKeyFrameNeeded).toHaveBeenCalledTimes(1), soon);
  expect(peer?.blocked).toBe(false);
});
