import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { AppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { Counters } from './counters.js';
import { endpointKey } from './flow-table.js';
import { muxLimits } from './limits.js';
import type { ClientSink, Relay } from './relay.js';
import { createDeframer, frameOf } from './rfc4571.js';
import { isBindingRequest, isMedia } from './stun.js';
import type { Front, FrontOptions } from './udp-front.js';

/** What a TCP front works with. */
export interface TcpFrontDeps {
  readonly relay: Relay;
  readonly counters: Counters;
  readonly logger: Logger;
}

/** Bounded set of open connections. */
class Connections {
  readonly #perAddress = new Map<string, number>();
  readonly #all = new Set<Socket>();
  /** Without a flow, oldest first. */
  readonly #pending = new Set<Socket>();

  /** False when there are too many; otherwise the connection is counted, as pending, until it closes. */
  admit(socket: Socket, address: string): boolean {
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (ofAddress >= muxLimits.tcpConnectionsPerAddress || this.#all.size >= muxLimits.tcpConnections) return false;
    this.#perAddress.set(address, ofAddress + 1);
    this.#all.add(socket);
    this.setPending(socket, true);
    socket.once('close', () => {
      this.#all.delete(socket);
      this.#pending.delete(socket);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(address, left);
      else this.#perAddress.delete(address);
    });
    return true;
  }

  setPending(socket: Socket, pending: boolean): void {
    if (!pending) {
      this.#pending.delete(socket);
      return;
    }
    this.#pending.add(socket);
    const [oldest] = this.#pending;
    if (this.#pending.size > muxLimits.tcpPendingConnections) oldest?.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#all) socket.destroy();
  }
}

function createTcpSink(socket: Socket, flowEnded: () => void): ClientSink {
  return {
    transport: 'tcp',
    send: (packet) => {
      const limitBytes = isMedia(packet) ? muxLimits.tcpMediaBacklogBytes : muxLimits.tcpBacklogBytes;
      if (socket.destroyed || socket.writableLength > limitBytes) return false;
      socket.write(frameOf(packet));
      return true;
    },
    flowEnded,
  };
}

/**
 * Serves one connection: until its first valid check, and again when its route was deleted, it has a few seconds; checks
 * that are not (yet) routed are waited out, because a restarted mux learns its routes a moment after it listens.
 */
function serve(deps: TcpFrontDeps, connections: Connections, socket: Socket, address: string, listener: number): void {
  const endpoint = endpointKey(socket.remotePort ?? 0, listener);
  let deadline: NodeJS.Timeout | null = null;
  const setPending = (pending: boolean) => {
    connections.setPending(socket, pending);
    if (deadline) clearTimeout(deadline);
    deadline = pending ? setTimeout(() => socket.destroy(), muxLimits.tcpFirstCheckMs) : null;
  };
  const sink = createTcpSink(socket, () => {
    if (!socket.destroyed) setPending(true);
  });
  const deframer = createDeframer(muxLimits.tcpFrameBytes, (frame) => {
    const hasFlow = deps.relay.fromClient(sink, address, endpoint, frame);
    if (hasFlow && deadline) setPending(false);
    else if (!hasFlow && !isBindingRequest(frame)) socket.destroy();
    if (socket.destroyed) deframer.stop();
  });
  setPending(true);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    if (deadline) clearTimeout(deadline);
    deps.relay.clientClosed(sink, address, endpoint);
  });
  socket.on('data', (chunk) => {
    if (deframer.push(chunk)) return;
    deps.counters.dropped.malformed += 1;
    socket.destroy();
  });
}

async function listen(server: Server, options: FrontOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new AppError(
          'mux-listen-failed',
          `cannot listen on TCP ${options.address} port ${options.port}: ${cause.message}`,
          { cause },
        ),
      ),
    );
    const ipv6Only = isIPv6(options.address);
    server.listen({ host: options.address, port: options.port, ipv6Only }, resolve);
  });
  server.removeAllListeners('error');
}

/**
 * Listens for ICE-TCP clients; the server is always the passive side.
 * @see RFC 6544 §4.5, RFC 4571
 * @throws AppError `mux-listen-failed`.
 */
export async function openTcpFront(deps: TcpFrontDeps, options: FrontOptions): Promise<Front> {
  const connections = new Connections();
  const server = createServer((socket) => {
    const address = socket.remoteAddress;
    if (address === undefined || !connections.admit(socket, address)) {
      deps.counters.dropped['rate-limited'] += 1;
      socket.destroy();
      return;
    }
    serve(deps, connections, socket, address, options.listener);
  });
  await listen(server, options);
  server.on('error', (error) => deps.logger.warn({ err: error }, 'public TCP socket reported an error'));
  const bound = server.address();
  let closing: Promise<void> | null = null;
  return {
    port: typeof bound === 'object' && bound ? bound.port : options.port,
    close: () => {
      connections.destroyAll();
      closing ??= new Promise<void>((resolve) => server.close(() => resolve()));
      return closing;
    },
  };
}
