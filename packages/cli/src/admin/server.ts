import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ControlPlaneAdmin } from '@cloudstage/control-plane';
import { AppError, isAppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { Value } from 'typebox/value';
import { limits } from '../limits.js';
import type { AdminOperationTable } from './operation.js';
import { checkSocketPath } from './socket-path.js';

/** The running server of the admin socket. */
export interface AdminServer {
  /** Stops taking requests and removes the socket; idempotent. */
  close(): Promise<void>;
}

interface Dependencies {
  readonly operations: AdminOperationTable;
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
    const value = await dispatch(request, deps);
    send(response, 200, value);
  } catch (error) {
    if (!isAppError(error)) {
      deps.logger.error({ err: error }, 'admin request failed');
      send(response, 500, { code: 'internal', message: 'It failed inside; see the log file.' });
      return;
    }
    send(response, 400, { code: error.code, message: error.message });
  }
}

async function dispatch(request: IncomingMessage, { operations, admin }: Dependencies): Promise<unknown> {
  const route = `${request.method} ${request.url}`;
  const name = request.method === 'POST' ? (request.url ?? '').slice(1) : '';
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) {
    throw new AppError('request-unknown', `This instance does not know "${route}"; is it of another version?`);
  }
  const body = await readJson(request);
  if (!Value.Check(operation.input, body)) throw invalidBody(Value.Errors(operation.input, body));
  return operation.run(admin, body);
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
