import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { AppError } from '@cloudstage/protocol';
import x11 from 'x11';
import fdpass from 'x11/lib/fdpass.js';
import type { X11Screen } from './core-types.js';
import type { X11Client } from './extension-types.js';
import { x11Limits } from './limits.js';
import { findCookie, parseDisplayNumber, parseXAuthority } from './x-authority.js';

/** Where the server is, and with which cookie to go in. */
export interface X11Address {
  /** Display name, e.g. `:101`; only its number is used, to find the cookie. */
  readonly display: string;
  /** Unix socket of the server; may lie outside /tmp/.X11-unix. */
  readonly socketPath: string;
  /** Xauthority file; without it the connection goes out unauthenticated. */
  readonly xAuthorityPath?: string;
}

/** An accepted connection. The caller owns `socket`. */
export interface X11Connection {
  readonly client: X11Client;
  readonly socket: Socket;
  readonly screen: X11Screen;
  readonly minKeycode: number;
  readonly maxKeycode: number;
}

async function readAuth(address: X11Address): Promise<{ name: string; data: string }> {
  if (address.xAuthorityPath === undefined) return { name: '', data: '' };
  const displayNumber = parseDisplayNumber(address.display);
  if (displayNumber === undefined) {
    throw new AppError('x11-display-invalid', `"${address.display}" is not a display name such as ":101"`);
  }
  const file = await readFile(address.xAuthorityPath).catch((cause: unknown) => {
    throw new AppError('x11-authority-unreadable', `cannot read ${address.xAuthorityPath}`, { cause });
  });
  const cookie = findCookie(parseXAuthority(file.subarray(0, x11Limits.xAuthorityBytes)), displayNumber);
  return cookie === undefined ? { name: '', data: '' } : { name: cookie.name, data: cookie.data };
}

/** Connects a socket that can carry file descriptors: MIT-SHM segments are passed that way. */
function connectSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = fdpass.connect(path, {});
    if (socket === null) {
      reject(new AppError('x11-fd-passing-unavailable', 'this Node.js cannot pass file descriptors (process.binding)'));
      return;
    }
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new AppError('deadline-exceeded', `no connection to ${path} within ${x11Limits.connectTimeoutMs} ms`));
    }, x11Limits.connectTimeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.on('error', (cause: Error) => {
      clearTimeout(timer);
      reject(new AppError('x11-unreachable', `cannot connect to the X server at ${path}`, { cause }));
    });
  });
}

/**
 * npm `x11` keeps the atoms of all its connections in one table, as if every server numbered them alike. Each connection
 * gets its own copy, taken before it asks for its first atom.
 */
function separateAtoms(client: X11Client): void {
  client.atoms = { ...client.atoms };
  client.atom_names = { ...client.atom_names };
}

/**
 * Connects and shakes hands within {@link x11Limits.connectTimeoutMs} each.
 *
 * `onError` hears protocol errors of requests without a reply, and socket errors, for the life of the connection: an
 * unheard `error` event would end the process.
 * @throws AppError `x11-unreachable`, `x11-refused`, `x11-authority-unreadable`, `deadline-exceeded`
 */
export async function connectX11(address: X11Address, onError: (error: Error) => void): Promise<X11Connection> {
  const auth = await readAuth(address);
  const socket = await connectSocket(address.socketPath);
  return new Promise((resolve, reject) => {
    let settled = false;
    const fail = (error: AppError) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new AppError('deadline-exceeded', `the X server at ${address.socketPath} does not answer`)),
      x11Limits.connectTimeoutMs,
    );
    const refused = (cause: Error) =>
      fail(new AppError('x11-refused', `the X server refused the connection: ${cause.message}`, { cause }));
    const client = x11.createClient({ display: ':0', stream: socket, auth }, (error, greeting) => {
      if (error) return refused(error);
      const screen = greeting.screen[0];
      if (screen === undefined) return refused(new Error('the server has no screen'));
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      separateAtoms(client);
      resolve({ client, socket, screen, minKeycode: greeting.min_keycode, maxKeycode: greeting.max_keycode });
    });
    client.on('error', (error: Error) => (settled ? onError(error) : refused(error)));
  });
}
