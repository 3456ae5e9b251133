import { createSocket, type Socket } from 'node:dgram';
import { createLinkModel, type LinkModel, type LinkOptions } from '@cloudstage/render-node/testing/link-model';
import { createSchedule } from './schedule.js';

/** A path with trouble between a client and a server: real datagrams, each held until the link model lets it arrive. */
export interface Relay {
  /** UDP port on 127.0.0.1 that stands for the server. */
  readonly port: number;
  /** Changes a direction from now on. `down` leads to the client. */
  update(direction: Direction, changes: Partial<LinkOptions>): void;
  stats(): RelayStats;
  close(): Promise<void>;
}

/** `down` leads to the client, `up` to the server. */
export type Direction = 'down' | 'up';

/** What a relay did so far. */
export interface RelayStats {
  readonly down: DirectionStats;
  readonly up: DirectionStats;
  /** How much later than the model said packets were sent on: the precision of this relay. Percentiles of the last packets, ms. */
  readonly lateMsP50: number;
  readonly lateMsP99: number;
}

/** Of one direction. */
export interface DirectionStats {
  readonly packets: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly lost: number;
  readonly delivered: number;
  readonly deliveredBytes: number;
  /** Packets that wait at the moment. */
  readonly waiting: number;
  /** Time that a packet that comes now waits at the bottleneck, ms. */
  readonly queueMs: number;
}

/** What {@link openRelay} needs. */
export interface RelayOptions {
  readonly target: { readonly address: string; readonly port: number };
  readonly down: Partial<LinkOptions>;
  readonly up: Partial<LinkOptions>;
  readonly seed: number;
}

const lateSamples = 4_096;
/** Addresses of a client that have a socket of their own; a browser has one for each interface. */
const maxClients = 64;

const nowUs = () => performance.now() * 1_000;

function openSocket(address: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
  // A peer that has gone answers with ICMP errors; they are its own affair.
  socket.on('error', () => undefined);
  return new Promise((resolve) => socket.bind(0, address, () => resolve(socket)));
}

/** Holds packets of one direction and sends them when they arrive. */
function createPath(model: LinkModel, late: Float64Array, count: { value: number }) {
  const schedule = createSchedule<{ readonly bytes: number; readonly send: () => void }>();
  let timer: NodeJS.Timeout | undefined;
  let timerUs = Number.POSITIVE_INFINITY;
  const totals = { delivered: 0, deliveredBytes: 0 };
  const wake = () => {
    timer = undefined;
    timerUs = Number.POSITIVE_INFINITY;
    const now = nowUs();
    for (let due = schedule.takeDue(now); due; due = schedule.takeDue(now)) {
      late[count.value++ % lateSamples] = (now - due.atUs) / 1_000;
      totals.delivered += 1;
      totals.deliveredBytes += due.item.bytes;
      due.item.send();
    }
    arm();
  };
  const arm = () => {
    const next = schedule.nextUs;
    if (next === undefined || next >= timerUs) return;
    clearTimeout(timer);
    timerUs = next;
    timer = setTimeout(wake, Math.max(0, (next - nowUs()) / 1_000));
  };
  return {
    take: (bytes: number, send: () => void) => {
      const now = nowUs();
      let atOnce = false;
      for (const atUs of model.send(bytes, now)) {
        schedule.add(atUs, { bytes, send });
        atOnce ||= atUs <= now;
      }
      if (atOnce) wake();
      else arm();
    },
    stop: () => clearTimeout(timer),
    stats: (): DirectionStats => {
      const { packets, bytes, overflowed, lost } = model.counters;
      const queueMs = model.queueDelayUs(nowUs()) / 1_000;
      return { packets, bytes, dropped: overflowed, lost, ...totals, waiting: schedule.size, queueMs };
    },
  };
}

/** Opens a relay. Each address of the client has a socket of its own towards the server, as behind a NAT. */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const front = await openSocket('127.0.0.1');
  const late = new Float64Array(lateSamples);
  const count = { value: 0 };
  const models = {
    down: createLinkModel(options.down, options.seed),
    up: createLinkModel(options.up, options.seed + 1),
  };
  const paths = { down: createPath(models.down, late, count), up: createPath(models.up, late, count) };
  const upstreams = new Map<string, Promise<Socket>>();
  const { target } = options;
  let closed = false;
  const openUpstream = async (port: number, address: string) => {
    const socket = await openSocket(target.address === '127.0.0.1' ? '127.0.0.1' : '0.0.0.0');
    socket.on('message', (packet) =>
      paths.down.take(packet.length, () => {
        if (!closed) front.send(packet, port, address);
      }),
    );
    return socket;
  };
  front.on('message', (packet, { port, address }) => {
    const key = `${address}:${port}`;
    let upstream = upstreams.get(key);
    if (!upstream) {
      if (upstreams.size >= maxClients) return;
      upstream = openUpstream(port, address);
      upstreams.set(key, upstream);
    }
    void upstream.then((socket) =>
      paths.up.take(packet.length, () => {
        if (!closed) socket.send(packet, target.port, target.address);
      }),
    );
  });
  return {
    port: front.address().port,
    update: (direction, changes) => models[direction].update(changes),
    stats: () => {
      const sorted = late.slice(0, Math.min(count.value, lateSamples)).sort();
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
      return { down: paths.down.stats(), up: paths.up.stats(), lateMsP50: at(0.5), lateMsP99: at(0.99) };
    },
    close: async () => {
      closed = true;
      for (const path of Object.values(paths)) path.stop();
      const sockets = [front, ...(await Promise.all(upstreams.values()))];
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}
