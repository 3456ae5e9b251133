import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type MediaTunnel, mediaSocketPath } from '@cloudstage/protocol';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createRateLimiter, type RateLimiter } from '../cloud-api/rate-limit.js';
import type { OpenMedia } from '../services/sessions/open-media.js';
import { isWebSocketRequest, readPlayRequest, type UpgradeRequest, withoutUpgrade } from './handshake.js';
import { playLimits } from './limits.js';

/** What {@link registerMediaSocket} needs. */
export interface MediaSocketDeps {
  readonly openMedia: OpenMedia;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Address of a client's WebSocket path below the server's public URL: `wss:` where that is `https:`. PURE. */
export function mediaSocketUrl(publicUrl: string, sessionId: string, token: string): string {
  const base = publicUrl.replace(/^http/, 'ws');
  return `${base}${mediaSocketPath}?instance_id=${encodeURIComponent(sessionId)}&token=${encodeURIComponent(token)}`;
}

function refuse(socket: Socket, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Carries bytes both ways until either end closes; a slow end holds up the other. Never rejects. */
async function carry(socket: Socket, tunnel: MediaTunnel): Promise<void> {
  const upward = async () => {
    for await (const chunk of socket) await tunnel.send(chunk as Uint8Array);
  };
  const downward = async () => {
    for await (const chunk of tunnel.incoming) {
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
      if (socket.destroyed) return;
    }
    socket.end();
  };
  await Promise.race([upward(), downward()]).catch(() => undefined);
  tunnel.close();
  // What was written last is still sent.
  socket.end();
  socket.destroySoon();
}

/** Connections that are open, by session. */
class OpenConnections {
  readonly #bySession = new Map<string, Set<Socket>>();
  #count = 0;

  /** False when there are too many. */
  add(sessionId: string, socket: Socket): boolean {
    const own = this.#bySession.get(sessionId) ?? new Set();
    const { connections, connectionsPerSession } = playLimits;
    if (this.#count >= connections || own.size >= connectionsPerSession) return false;
    own.add(socket);
    this.#bySession.set(sessionId, own);
    this.#count += 1;
    return true;
  }

  remove(sessionId: string, socket: Socket): void {
    const own = this.#bySession.get(sessionId);
    if (!own?.delete(socket)) return;
    this.#count -= 1;
    if (own.size === 0) this.#bySession.delete(sessionId);
  }

  closeAll(): void {
    for (const own of this.#bySession.values()) for (const socket of own) socket.destroy();
  }
}

interface Context extends MediaSocketDeps {
  readonly open: OpenConnections;
  readonly limiter: RateLimiter;
  handshakes: number;
}

async function play(context: Context, request: UpgradeRequest, socket: Socket, first: Buffer): Promise<void> {
  const wish = readPlayRequest(request);
  if (wish === null) return refuse(socket, '404 Not Found');
  const { sessionId, head } = wish;
  const isWithinRate = context.limiter.take(sessionId, playLimits.handshakesPerSecond);
  if (context.handshakes >= playLimits.handshakes || !isWithinRate || !context.open.add(sessionId, socket)) {
    return refuse(socket, '503 Service Unavailable');
  }
  context.handshakes += 1;
  let isOpening = true;
  const opened = () => {
    if (isOpening) context.handshakes -= 1;
    isOpening = false;
  };
  try {
    const outcome = await context.openMedia(sessionId);
    opened();
    if (outcome.type === 'not-found') return refuse(socket, '404 Not Found');
    if (outcome.type === 'node-unreachable') return refuse(socket, '502 Bad Gateway');
    await outcome.tunnel.send(Buffer.concat([Buffer.from(head, 'latin1'), first]));
    await carry(socket, outcome.tunnel);
  } catch (error) {
    context.logger.warn({ err: error, sessionId }, 'a WebSocket could not be carried to its node');
    socket.destroy();
  } finally {
    opened();
    context.open.remove(sessionId, socket);
  }
}

/**
 * Adds `GET /play` with `Upgrade: websocket`: the media path of clients whose networks let neither UDP nor the media port's
 * TCP pass. Bytes are carried to the session's streamer as they are; it speaks WebSocket, this server does not.
 */
export function registerMediaSocket(fastify: FastifyInstance, deps: MediaSocketDeps): void {
  const context: Context = {
    ...deps,
    open: new OpenConnections(),
    limiter: createRateLimiter({ maxKeys: playLimits.countedSessions, now: deps.now }),
    handshakes: 0,
  };
  const { server } = fastify;
  server.on('upgrade', (message: IncomingMessage, _stream, first: Buffer) => {
    const { method = '', url = '', headers, httpVersion, rawHeaders, socket } = message;
    if (!isWebSocketRequest({ method, url, headers })) {
      // Some HTTP clients offer HTTP/2 with every request, and mean no harm when they are answered in HTTP/1.1.
      const head = withoutUpgrade({ method, url, httpVersion, rawHeaders });
      socket.unshift(Buffer.concat([Buffer.from(head, 'latin1'), first]));
      server.emit('connection', socket);
      return;
    }
    // A connection that breaks is ended by `carry`; without a listener its error would end the process.
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    socket.setKeepAlive(true, playLimits.keepAliveMs);
    void play(context, { method, url, headers }, socket, first);
  });
  fastify.addHook('preClose', async () => context.open.closeAll());
}
