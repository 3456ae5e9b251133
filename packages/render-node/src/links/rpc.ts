import { chmod, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { AppError, isAppError } from '@cloudstage/protocol';

/**
 * JSON lines over a Unix socket between the processes of one render node: the agent calls, the port mux and the streamers
 * serve. The server outlives its caller, so that a restarted agent finds its streams running.
 */

/** One line; an SDP answer is far below, a runaway peer far above. */
const maxLineBytes = 1_048_576;
/** Calls without an answer yet, per connection. */
const maxPendingCalls = 1_024;

interface Frame {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: string; message: string };
  event?: string;
}

/** Method table of a link: parameters and result by name. */
export type RpcMethods = Record<string, { params: unknown; result: unknown }>;
/** Event table of a link: payload by name. */
export type RpcEvents = Record<string, unknown>;

/** One function per method; a thrown `AppError` travels with its code, anything else as `internal`. */
export type RpcHandlers<M extends RpcMethods> = {
  readonly [K in keyof M]: (params: M[K]['params']) => Promise<M[K]['result']> | M[K]['result'];
};

function parseFrame(line: string): Frame | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

function readLines(socket: Socket, onFrame: (frame: Frame) => void): void {
  let buffered = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    buffered += chunk;
    if (buffered.length > maxLineBytes && !buffered.includes('\n')) {
      socket.destroy(new AppError('rpc-line-too-long', `a line on a node link exceeds ${maxLineBytes} bytes`));
      return;
    }
    const lines = buffered.split('\n');
    buffered = lines.pop() ?? '';
    for (const line of lines) {
      const frame = parseFrame(line);
      if (!frame) {
        socket.destroy(new AppError('rpc-line-invalid', 'a line on a node link is not a JSON object'));
        return;
      }
      onFrame(frame);
    }
  });
}

/** Serving end of a link. Events go to every connected caller. */
export interface RpcServer<E extends RpcEvents> {
  emit<K extends keyof E & string>(event: K, payload: E[K]): void;
  close(): Promise<void>;
}

/**
 * Serves `handlers` on the Unix socket at `path` (mode 0600; a stale file is replaced).
 * @param onConnect called for each new caller, e.g. to send it the current state.
 */
export async function serveRpc<M extends RpcMethods, E extends RpcEvents>(
  path: string,
  handlers: RpcHandlers<M>,
  onConnect?: () => void,
): Promise<RpcServer<E>> {
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    readLines(socket, (frame) => void answer(socket, handlers, frame));
    onConnect?.();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    emit: (event, payload) => {
      const line = `${JSON.stringify({ event, params: payload })}\n`;
      for (const socket of sockets) socket.write(line);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(path, { force: true });
    },
  };
}

async function answer<M extends RpcMethods>(socket: Socket, handlers: RpcHandlers<M>, frame: Frame): Promise<void> {
  const { method } = frame;
  // Only own names: `constructor` and the like are no methods.
  const handler = method !== undefined && Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  let reply: Frame;
  try {
    if (!handler) throw new AppError('rpc-method-unknown', `no method ${String(method)} on this link`);
    reply = { id: frame.id, result: (await handler(frame.params)) ?? null };
  } catch (error) {
    const code = isAppError(error) ? error.code : 'internal';
    reply = { id: frame.id, error: { code, message: error instanceof Error ? error.message : String(error) } };
  }
  if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`);
}

/** Calling end of a link. */
export interface RpcClient<M extends RpcMethods> {
  /** @throws AppError `deadline-exceeded`, `rpc-closed`, or the code that the handler threw. */
  call<K extends keyof M & string>(
    method: K,
    params: M[K]['params'],
    options: { readonly deadlineMs: number },
  ): Promise<M[K]['result']>;
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Connects to `path`. @throws the socket's error when nobody serves there. */
export async function connectRpc<M extends RpcMethods, E extends RpcEvents>(
  path: string,
  onEvent: <K extends keyof E & string>(event: K, payload: E[K]) => void,
): Promise<RpcClient<M>> {
  const socket = createConnection(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', resolve);
  });
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const call of pending.values()) call.reject(new AppError('rpc-closed', `the link at ${path} closed`));
    pending.clear();
  });
  readLines(socket, (frame) => {
    if (frame.event !== undefined) {
      onEvent(frame.event, frame.params as E[string]);
      return;
    }
    const call = frame.id === undefined ? undefined : pending.get(frame.id);
    if (!call || frame.id === undefined) return;
    pending.delete(frame.id);
    if (frame.error) call.reject(new AppError(frame.error.code, frame.error.message));
    else call.resolve(frame.result);
  });
  return { call: createCall<M>(socket, pending, path), closed, close: () => closeSocket(socket, closed) };
}

function closeSocket(socket: Socket, closed: Promise<void>): Promise<void> {
  socket.destroy();
  return closed;
}

function createCall<M extends RpcMethods>(
  socket: Socket,
  pending: Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>,
  path: string,
): RpcClient<M>['call'] {
  let lastId = 0;
  return (method, params, { deadlineMs }) =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new AppError('rpc-closed', `the link at ${path} is closed`));
      if (pending.size >= maxPendingCalls) return reject(new AppError('rpc-busy', `the link at ${path} is overloaded`));
      const id = ++lastId;
      const timer = setTimeout(() => {
        pending.delete(id);
        reject(new AppError('deadline-exceeded', `${method} at ${path} did not answer within ${deadlineMs} ms`));
      }, deadlineMs);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        act();
      };
      pending.set(id, {
        resolve: (value) => settle(() => resolve(value as never)),
        reject: (error) => settle(() => reject(error)),
      });
      socket.write(`${JSON.stringify({ id, method, params })}\n`);
    });
}
