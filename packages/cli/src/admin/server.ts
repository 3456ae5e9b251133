import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ControlPlaneAdmin } from '@cloudstage/control-plane';
import { AppError, isAppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { Value } from 'typebox/value';
import { limits } from '../limits.js';
import type { AdminOperationTable, AdminStreamTable } from './operation.js';
import { checkSocketPath } from './socket-path.js';
import { encodeLines, insideFailure } from './stream-lines.js';

/** The running server of the admin socket. */
export interface AdminServer {
  /** Stops taking requests and removes the socket; idempotent. */
  close(): Promise<void>;
}

interface Dependencies {
  readonly operations: AdminOperationTable;
  readonly streams: AdminStreamTable;
  readonly admin: ControlPlaneAdmin;
  readonly logger: Logger;
}

/**
 * Serves operations on a Unix socket that only the owner of this process may open. The caller holds the
 * instance lock, so a socket that is already there was left by a killed process and is replaced.
 */
export async function createAdminServer(socketPath: string, deps: Dependencies): Promise<AdminServer> {
  checkSocketPath(socketPath);
  rmSync(socketPath, { force: true });
  const server = createServer((request, response) => {
    answer(request, response, deps).catch((error: unknown) => {
      deps.logger.error({ err: error }, 'admin request failed');
      response.destroy();
    });
  });
  server.requestTimeout = limits.adminCallMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
    // The socket gets its mode from the mask when it is bound, which happens inside this call.
    const mask = process.umask(0o177);
    try {
      server.listen(socketPath);
    } finally {
      process.umask(mask);
    }
  });
  let closing: Promise<void> | null = null;
  return {
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, deps: Dependencies): Promise<void> {
  try {
    const reply = await dispatch(request, deps);
    if (reply.type === 'value') send(response, 200, reply.value);
    else await sendPieces(response, reply.pieces, deps);
  } catch (error) {
    if (!isAppError(error)) {
      deps.logger.error({ err: error }, 'admin request failed');
      send(response, 500, { code: 'internal', message: insideFailure });
      return;
    }
    send(response, 400, { code: error.code, message: error.message });
  }
}

type Reply =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'pieces'; readonly pieces: AsyncIterable<string> };

async function dispatch(request: IncomingMessage, { operations, streams, admin }: Dependencies): Promise<Reply> {
  const route = `${request.method} ${request.url}`;
  const name = request.method === 'POST' ? (request.url ?? '').slice(1) : '';
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  const stream = Object.hasOwn(streams, name) ? streams[name] : undefined;
  const input = (operation ?? stream)?.input;
  if (input === undefined) {
    throw new AppError('request-unknown', `This instance does not know "${route}"; is it of another version?`);
  }
  const body = await readJson(request);
  if (!Value.Check(input, body)) throw invalidBody(Value.Errors(input, body));
  if (stream !== undefined) return { type: 'pieces', pieces: stream.read(admin, body) };
  return { type: 'value', value: await operation?.run(admin, body) };
}

function invalidBody(errors: readonly { readonly instancePath: string; readonly message: string }[]): AppError {
  const lines = errors.map((error) => `${error.instancePath.slice(1) || 'request'}: ${error.message}`);
  return new AppError('request-invalid', lines.join('\n'));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const data = Buffer.from(chunk);
    bytes += data.length;
    if (bytes > limits.adminBodyBytes) throw new AppError('request-invalid', 'The request is too large.');
    chunks.push(data);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new AppError('request-invalid', 'The request is not JSON.', { cause: error });
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** Who went away in the middle has not failed. */
async function sendPieces(response: ServerResponse, pieces: AsyncIterable<string>, deps: Dependencies): Promise<void> {
  const lines = encodeLines(pieces, (error) => deps.logger.error({ err: error }, 'admin request failed'));
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  try {
    await pipeline(Readable.from(lines, { highWaterMark: 1 }), response);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error;
  }
}
