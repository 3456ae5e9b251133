import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { mediaSocketLimits, mediaSocketPath, mediaSocketProtocol } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { createSocketConnection, type SocketConnection } from './connection.js';
import { socketLimits } from './limits.js';

/** Takes a connection that was let in. */
export type TakeConnection = (connection: SocketConnection) => void;

/** What {@link serveMediaSockets} needs. */
export interface MediaSocketServerDeps {
  /** Uses up a token: who takes the connection, or null for a token that is unknown, used or too old. */
  readonly claim: (token: string) => TakeConnection | null;
  readonly logger: Logger;
}

/** A running server. */
export interface MediaSocketServer {
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

/** Value that proves the handshake (RFC 6455 §4.2.2). */
const handshakeGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function refuse(socket: Socket, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function acceptValue(key: string): string {
  return createHash('sha1').update(`${key}${handshakeGuid}`).digest('base64');
}

/** The token of a request for the WebSocket path; null for any other request. */
function tokenOf({ url = '', headers }: IncomingMessage): string | null {
  const mark = url.indexOf('?');
  const isOurs =
    mark > 0 && url.slice(0, mark) === mediaSocketPath && headers['sec-websocket-protocol'] === mediaSocketProtocol;
  return isOurs ? new URLSearchParams(url.slice(mark + 1)).get('token') : null;
}

function onUpgrade({ claim, logger }: MediaSocketServerDeps, request: IncomingMessage, first: Buffer): void {
  const { socket, headers } = request;
  const token = tokenOf(request);
  const key = headers['sec-websocket-key'];
  const take = token === null || key === undefined ? null : claim(token);
  if (take === null || key === undefined) {
    logger.info('a WebSocket without a valid token was refused');
    refuse(socket, '403 Forbidden');
    return;
  }
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptValue(key)}`,
    `Sec-WebSocket-Protocol: ${mediaSocketProtocol}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  take(createSocketConnection(socket, first, mediaSocketLimits.clientMessageBytes));
}

/**
 * Serves the WebSocket path of a streamer on a Unix socket, where only the agent can connect. Resolves when it listens.
 * @throws the system's error when the path cannot be bound.
 */
export async function serveMediaSockets(path: string, deps: MediaSocketServerDeps): Promise<MediaSocketServer> {
  const server = createServer(
    {
      maxHeaderSize: socketLimits.headerBytes,
      headersTimeout: socketLimits.handshakeMs,
      connectionsCheckingInterval: 1_000,
    },
    (_request, response) => response.writeHead(404, { connection: 'close' }).end(),
  );
  const sockets = new Set<Socket>();
  server.maxConnections = socketLimits.connections;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, _stream, first: Buffer) => onUpgrade(deps, request, first));
  // Left over from a streamer that was killed.
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  let closing: Promise<void> | undefined;
  return {
    close: () => {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}
