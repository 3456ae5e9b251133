import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { muxLimits } from './limits.js';

/** Where a streamer's ICE socket listens. */
export interface UpstreamTarget {
  readonly address: string;
  readonly port: number;
}

/** What an {@link Upstream} reports. */
export interface UpstreamEvents {
  /** The socket is open, on this port of its own. */
  onOpen(localPort: number): void;
  /** A packet of the streamer. */
  onPacket(packet: Buffer): void;
  /** One packet was lost: nobody listens there at the moment, or the kernel refused it. */
  onLost(): void;
  /** The socket could not be opened; the upstream has closed itself. */
  onFailed(): void;
}

/**
 * A loopback socket of one flow. The streamer's ICE agent tells clients apart by source address, so every client needs a
 * source address of its own.
 */
export interface Upstream {
  /** Sends to the streamer; while the socket is opening a few packets wait. */
  send(packet: Buffer): void;
  /** Idempotent. */
  close(): void;
}

/** Addresses are literal: answering at once keeps dgram from deferring every packet to the next tick. */
export function literalLookup(
  address: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, address, isIPv6(address) ? 6 : 4);
}

/** Asks for larger kernel buffers; the kernel may grant less, which only costs packets in a burst. */
export function enlargeBuffers(socket: Socket, bytes: number): void {
  try {
    socket.setRecvBufferSize(bytes);
    socket.setSendBufferSize(bytes);
  } catch {
    // Default buffers work too.
  }
}

/**
 * Opens a connected socket from and to the target's own loopback address, and owns it.
 * @param localPort the port to have, 0 for any; a taken one leads to `onFailed`.
 */
export function createUpstream(target: UpstreamTarget, events: UpstreamEvents, localPort: number): Upstream {
  const socket = createSocket({ type: isIPv6(target.address) ? 'udp6' : 'udp4', lookup: literalLookup as never });
  let waiting: Buffer[] | null = [];
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    waiting = null;
    socket.close();
  };
  const transmit = (packet: Buffer) => {
    if (socket.getSendQueueCount() >= muxLimits.udpSendQueuePackets) events.onLost();
    else socket.send(packet);
  };
  socket.on('message', (packet) => events.onPacket(packet));
  socket.on('error', () => {
    events.onLost();
    if (waiting === null) return;
    close();
    events.onFailed();
  });
  socket.once('connect', () => {
    const packets = waiting ?? [];
    waiting = null;
    if (closed) return;
    events.onOpen(socket.address().port);
    for (const packet of packets) transmit(packet);
  });
  socket.bind(localPort, target.address, () => {
    if (closed) return;
    enlargeBuffers(socket, muxLimits.flowSocketBufferBytes);
    socket.connect(target.port, target.address);
  });
  return {
    send: (packet) => {
      if (closed) return;
      if (waiting === null) transmit(packet);
      else if (waiting.length < muxLimits.packetsBeforeConnected) waiting.push(packet);
      else events.onLost();
    },
    close,
  };
}
