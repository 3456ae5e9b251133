import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { AppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { endpointKey } from './flow-table.js';
import { muxLimits } from './limits.js';
import type { ClientSink, Relay } from './relay.js';
import { enlargeBuffers, literalLookup } from './upstream.js';

/** A listening front of the mux. */
export interface Front {
  /** The port it listens on. */
  readonly port: number;
  /** Stops listening and drops its clients; idempotent. */
  close(): Promise<void>;
}

/** A UDP front, with its way back to clients. */
export interface UdpFront extends Front {
  readonly sink: ClientSink;
}

/** Where a front listens. `listener` tells its clients from those of other fronts (< 64). */
export interface FrontOptions {
  readonly address: string;
  readonly port: number;
  readonly listener: number;
}

function createUdpSink(socket: Socket): ClientSink {
  return {
    transport: 'udp',
    send: (packet, address, port) => {
      if (socket.getSendQueueCount() >= muxLimits.udpSendQueuePackets) return false;
      socket.send(packet, port, address);
      return true;
    },
    flowEnded: () => undefined,
  };
}

/**
 * Listens for UDP clients. An IPv6 address serves IPv6 only, so that `0.0.0.0` and `::` can be listed together.
 * @throws AppError `mux-listen-failed`.
 */
export async function openUdpFront(
  deps: { readonly relay: Relay; readonly logger: Logger },
  options: FrontOptions,
): Promise<UdpFront> {
  const type = isIPv6(options.address) ? 'udp6' : 'udp4';
  const socket = createSocket({ type, ipv6Only: type === 'udp6', lookup: literalLookup as never });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) =>
      reject(
        new AppError(
          'mux-listen-failed',
          `cannot listen on UDP ${options.address} port ${options.port}: ${cause.message}`,
          { cause },
        ),
      ),
    );
    socket.bind(options.port, options.address, resolve);
  });
  socket.removeAllListeners('error');
  socket.on('error', (error) => deps.logger.debug({ err: error }, 'public UDP socket reported an error'));
  enlargeBuffers(socket, muxLimits.publicSocketBufferBytes);
  const sink = createUdpSink(socket);
  const { relay } = deps;
  const listenerBase = endpointKey(0, options.listener);
  socket.on('message', (packet, remote) => relay.fromClient(sink, remote.address, listenerBase + remote.port, packet));
  let closing: Promise<void> | null = null;
  return {
    port: socket.address().port,
    sink,
    close: () => {
      closing ??= new Promise<void>((resolve) => socket.close(() => resolve()));
      return closing;
    },
  };
}
