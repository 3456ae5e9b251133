import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { AppError, type PublishState } from '@cloudstage/protocol';
import { type RpcServer, serveRpc } from '../../links/rpc.js';
import type { AddPeerParams, StreamerConfig, StreamerEvents, StreamerMethods } from '../../links/streamer-link.js';

/**
 * A process that serves the streamer link without media: peers are UDP sockets. Lets the agent be tested with peers that
 * come and go on command, which a real streamer does only with a real client. The user id steers it: `user-connect`
 * connects at once, `user-bad-offer` is refused, `user-restart` asks for a restart of the program.
 */
type Peer = StreamerMethods['stream.describe']['result']['peers'][number] & { readonly close: () => void };

const config = JSON.parse(process.argv[2] ?? '{}') as StreamerConfig;
const peers = new Map<string, Peer>();
let sessionId: string | null = null;
let server: RpcServer<StreamerEvents> | undefined;

function report({ peerId, userId, role, iceUfrag }: Peer, state: 'connected' | 'closed', reason: string): void {
  server?.emit('peer.state', { peerId, userId, role, iceUfrag, state, reason });
}

async function addPeer({ peerId, userId, role }: AddPeerParams) {
  if (sessionId === null) throw new AppError('not-configured', 'stream.configure comes first');
  if (userId === 'user-bad-offer') throw new AppError('offer-invalid', 'the offer has no video');
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, config.loopbackAddress, resolve));
  const ice = {
    iceUfrag: `ufrag${peerId.slice(0, 8)}`,
    icePwd: 'a-password-of-24-letters',
    loopbackAddress: config.loopbackAddress,
    loopbackPort: socket.address().port,
  };
  const peer: Peer = {
    peerId,
    userId,
    role,
    connected: userId === 'user-connect',
    ...ice,
    latency: {},
    close: () => socket.close(),
  };
  for (const older of peers.values()) if (older.userId === userId) remove(older, 'replaced');
  peers.set(peerId, peer);
  if (peer.connected) setImmediate(() => report(peer, 'connected', ''));
  if (userId === 'user-restart') setImmediate(() => server?.emit('program.restart', { peerId }));
  const screenConfig = { width: 1280, height: 720, orientation: 'landscape', degree: '0_degree' } as const;
  return {
    sdp: 'v=0\r\n',
    ...ice,
    socketToken: peerId,
    videoMimeType: 'video/H264',
    audioMimeType: 'audio/opus',
    screenConfig,
  };
}

function remove(peer: Peer, reason: string): void {
  peers.delete(peer.peerId);
  peer.close();
  report(peer, 'closed', reason);
}

/** A push to a URL that ends in `works` begins to publish, one that ends in `fails` is given up. */
let publish: { readonly url: string; state: PublishState } | null = null;

function reportPublish(): void {
  if (!publish || sessionId === null) return;
  const { state } = publish;
  server?.emit('publish.state', { sessionId, state, message: '' });
  const next = publish.url.endsWith('works') ? 'publishing' : publish.url.endsWith('fails') ? 'stopped' : state;
  if (state !== 'connecting' || next === state) return;
  publish.state = next;
  server?.emit('publish.state', { sessionId, state: next, message: next === 'stopped' ? 'given up' : '' });
}

const noStats = {
  framesCaptured: 0,
  framesEncoded: 0,
  bytesSent: 0,
  packetsSent: 0,
  packetsRetransmitted: 0,
  nacksReceived: 0,
  picturesSkipped: 0,
  keyFrames: 0,
  captureMsP50: 0,
  convertMsP50: 0,
  encodeMsP50: 0,
  targetBitrateBps: 0,
};

server = await serveRpc<StreamerMethods, StreamerEvents>(join(config.runDir, 'streamer.sock'), {
  'stream.configure': (params) => {
    sessionId = params.sessionId;
    return null;
  },
  'peer.add': addPeer,
  'peer.remove': ({ userId, message }) => {
    for (const peer of [...peers.values()]) if (peer.userId === userId) remove(peer, message);
    return null;
  },
  'publish.start': ({ url }) => {
    publish = { url, state: 'connecting' };
    reportPublish();
    return null;
  },
  'publish.stop': () => {
    if (publish) publish.state = 'stopped';
    reportPublish();
    return null;
  },
  'session.close': ({ message }) => {
    sessionId = null;
    server?.emit('latency.totals', { counts: { encode: [[30, 2]] }, repairs: { resync: 1 } });
    for (const peer of peers.values()) remove(peer, message);
    return null;
  },
  'stream.describe': () => ({
    picture: null,
    sessionId,
    publish: publish?.state ?? null,
    latency: { encode: { p50: 1, p95: 2, p99: 3, count: 4 } },
    stats: { ...noStats, peers: peers.size },
    peers: [...peers.values()].map(({ close, ...peer }) => peer),
  }),
});
