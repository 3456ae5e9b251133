import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { publicError } from '@cloudstage/cloud-api';
import { cloudApiServerLimits } from './limits.js';
import { errorEnvelope, replyContentType } from './reply.js';

/**
 * Options that a Fastify server must be created with for the cloud API to keep its limits: a query of 32 KB does not fit
 * the header size Node.js allows by default, and one beyond any limit still has to be told so in the API's envelope.
 */
export const cloudApiServerOptions = {
  http: { maxHeaderSize: cloudApiServerLimits.headerBytes },
  /** Answers what is no HTTP request, before any route is known. */
  clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    if (error.code !== 'HPE_HEADER_OVERFLOW') {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const body = errorEnvelope(publicError('RequestSizeLimitExceeded'), 'en-US', randomUUID());
    const head = [
      'HTTP/1.1 200 OK',
      `content-type: ${replyContentType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  },
} as const;
