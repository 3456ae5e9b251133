import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { buildCheck } from '@cloudstage/render-node/testing/stun';

/** What the bench asks of the process that makes traffic; each request is answered under its id. */
export type TrafficRequest = { readonly id: number } & (
  | { readonly kind: 'open'; readonly sessions: number }
  | { readonly kind: 'join'; readonly muxPort: number }
  | { readonly kind: 'stream'; readonly packetsPerSecond: number; readonly seconds: number; readonly bytes: number }
  | {
      readonly kind: 'flood';
      readonly what: FloodKind;
      /** A session's name, for the checks with a wrong password. */
      readonly ufrag: string;
      readonly muxPort: number;
      readonly packetsPerSecond: number;
      readonly seconds: number;
      readonly addresses: number;
    }
);

/** Kinds of floods: no session's packets, checks for names that nobody has, checks with a wrong password. */
export const floodKinds = ['garbage', 'unknown-checks', 'wrong-passwords'] as const;
export type FloodKind = (typeof floodKinds)[number];

/** A session's names at the port mux. */
export interface TrafficRoute {
  readonly ufrag: string;
  readonly pwd: string;
  readonly port: number;
}

/** Answer to a {@link TrafficRequest}. */
export interface TrafficAnswer {
  readonly id: number;
  readonly routes?: readonly TrafficRoute[];
  readonly joined?: number;
  readonly sent?: number;
  readonly received?: number;
  /** Longest time between two packets that a client received. */
  readonly longestGapMs?: number;
  readonly error?: string;
}

interface Session extends TrafficRoute {
  readonly streamer: Socket;
  readonly client: Socket;
  /** Port of the session's flow at the mux, as the streamer sees it. */
  flowPort: number;
  received: number;
  lastAtMs: number;
  longestGapMs: number;
}

/** A packet is late by this much at most when many are due: then a batch is sent at once. */
const tickMs = 2;
const joinMs = 10_000;
const bufferBytes = 4 << 20;

async function openSocket(address: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: bufferBytes, sendBufferSize: bufferBytes });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return socket;
}

async function openSession(index: number): Promise<Session> {
  const [streamer, client] = [await openSocket('127.0.0.1'), await openSocket('127.0.0.1')];
  const ufrag = `bench${index}x${randomBytes(4).toString('hex')}`;
  const session: Session = {
    ...{ ufrag, pwd: randomBytes(16).toString('hex'), port: streamer.address().port, streamer, client },
    ...{ flowPort: 0, received: 0, lastAtMs: 0, longestGapMs: 0 },
  };
  streamer.on('message', (_packet, remote) => {
    session.flowPort = remote.port;
  });
  client.on('message', () => {
    const nowMs = performance.now();
    if (session.lastAtMs > 0) session.longestGapMs = Math.max(session.longestGapMs, nowMs - session.lastAtMs);
    session.lastAtMs = nowMs;
    session.received += 1;
  });
  return session;
}

/** Sends checks until the streamer of every session has heard its client. */
async function join(sessions: readonly Session[], muxPort: number): Promise<number> {
  const endMs = performance.now() + joinMs;
  for (;;) {
    const waiting = sessions.filter(({ flowPort }) => flowPort === 0);
    if (waiting.length === 0 || performance.now() > endMs) return sessions.length - waiting.length;
    for (const { ufrag, pwd, client } of waiting) {
      const names = { serverUfrag: ufrag, clientUfrag: 'clnt', password: pwd };
      client.send(buildCheck({ ...names, transactionId: randomBytes(12) }), muxPort, '127.0.0.1');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Calls `send` at a steady rate. @returns how often. */
async function atRate(packetsPerSecond: number, seconds: number, send: (index: number) => void): Promise<number> {
  const startMs = performance.now();
  let sent = 0;
  for (;;) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs >= seconds * 1_000) return sent;
    const due = Math.floor((elapsedMs / 1_000) * packetsPerSecond);
    for (; sent < due; sent += 1) send(sent);
    await new Promise((resolve) => setTimeout(resolve, tickMs));
  }
}

async function stream(sessions: readonly Session[], request: TrafficRequest & { kind: 'stream' }) {
  for (const session of sessions) Object.assign(session, { received: 0, lastAtMs: 0, longestGapMs: 0 });
  const packet = Buffer.alloc(request.bytes, 0x80);
  const sent = await atRate(request.packetsPerSecond, request.seconds, (index) => {
    const session = sessions[index % sessions.length];
    session?.streamer.send(packet, session.flowPort, '127.0.0.1');
  });
  // What is on its way arrives.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const received = sessions.reduce((sum, session) => sum + session.received, 0);
  return { sent, received, longestGapMs: Math.max(...sessions.map(({ longestGapMs }) => longestGapMs)) };
}

function floodPacket(what: FloodKind, ufrag: string): Buffer {
  if (what === 'garbage') return Buffer.concat([Buffer.from([128, 96]), randomBytes(198)]);
  const serverUfrag = what === 'wrong-passwords' ? ufrag : `nobody${randomBytes(4).toString('hex')}`;
  const names = { serverUfrag, clientUfrag: 'clnt', password: 'w'.repeat(24) };
  return buildCheck({ ...names, transactionId: randomBytes(12) });
}

async function flood(request: TrafficRequest & { kind: 'flood' }) {
  const { what, muxPort, addresses, ufrag } = request;
  const sockets: Socket[] = [];
  for (let index = 0; index < addresses; index += 1) {
    sockets.push(
      await openSocket(`127.${10 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`),
    );
  }
  // Made before: making a check costs more than refusing it.
  const packets = Array.from({ length: 64 }, () => floodPacket(what, ufrag));
  const sent = await atRate(request.packetsPerSecond, request.seconds, (index) => {
    const packet = packets[index % packets.length];
    if (packet) sockets[index % sockets.length]?.send(packet, muxPort, '127.0.0.1');
  });
  for (const socket of sockets) socket.close();
  return { sent };
}

/** Entry of the process. Ends with its parent. */
function main(): void {
  let sessions: readonly Session[] = [];
  const answerTo = async (request: TrafficRequest): Promise<Omit<TrafficAnswer, 'id'>> => {
    switch (request.kind) {
      case 'open':
        sessions = await Promise.all(Array.from({ length: request.sessions }, (_, index) => openSession(index)));
        return { routes: sessions.map(({ ufrag, pwd, port }) => ({ ufrag, pwd, port })) };
      case 'join':
        return { joined: await join(sessions, request.muxPort) };
      case 'stream':
        return stream(sessions, request);
      case 'flood':
        return flood(request);
    }
  };
  process.on('message', (request: TrafficRequest) => {
    const { id } = request;
    answerTo(request)
      .catch((error: unknown) => ({ error: String(error) }))
      .then((answer) => process.send?.({ id, ...answer }));
  });
  process.on('disconnect', () => process.exit(0));
}

// Also imported for its names: then nobody is there to ask.
if (process.send) main();
