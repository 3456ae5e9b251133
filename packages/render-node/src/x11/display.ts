import { AppError } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { connectX11, type X11Address, type X11Connection } from './connection.js';
import type { Reply, X11Core, X11Event, X11Geometry } from './core-types.js';
import type { X11Extensions } from './extension-types.js';
import { x11Limits } from './limits.js';
import { setScreenMode } from './screen-mode.js';

/** Options of {@link openDisplay}. */
export interface OpenDisplayOptions extends X11Address {
  /** Hears protocol errors of requests without a reply, at debug level. */
  readonly logger?: Logger;
}

/** Size in pixels. */
export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

/**
 * A connection to an X server with the extensions Cloudstage needs. Owns its socket; {@link close} is idempotent.
 *
 * Errors never end the process: a failed request with a reply rejects, one without is logged, and a lost server resolves
 * {@link closed} and rejects everything pending with `x11-closed`.
 */
export interface X11Display {
  readonly root: number;
  readonly rootVisual: number;
  readonly rootDepth: number;
  readonly minKeycode: number;
  readonly maxKeycode: number;
  readonly core: X11Core;
  readonly xtest: X11Extensions['xtest'];
  readonly xfixes: X11Extensions['fixes'];
  readonly damage: X11Extensions['damage'];
  readonly randr: X11Extensions['randr'];
  readonly shm: X11Extensions['shm'];
  readonly xkb: X11Extensions['xkb'];
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  readonly isClosed: boolean;
  /**
   * Promise form of a request with a reply: `display.request((reply) => display.core.QueryPointer(root, reply), 'QueryPointer')`.
   * @throws AppError `x11-request-failed`, `x11-closed`, `deadline-exceeded`
   */
  request<T>(send: (reply: Reply<T>) => void, what: string): Promise<T>;
  /**
   * Sends a request that npm `x11` has no method for. `unpack` gets the reply from its byte 8 on, and its byte 1 as `detail`.
   * @throws as {@link request}
   */
  rawRequest<T>(packet: Buffer, unpack: (body: Buffer, detail: number) => T, what: string): Promise<T>;
  /** Waits until the server has carried out everything sent before. */
  sync(): Promise<void>;
  /** Atom number of a name; npm `x11` caches it. */
  atom(name: string): Promise<number>;
  /** Hears every event of this connection, core and extensions. Returns the way to stop. */
  onEvent(listener: (event: X11Event) => void): () => void;
  onClosed(listener: () => void): () => void;
  /** Hands a file descriptor to the server as a shared memory segment; the caller keeps its descriptor. @returns segment id */
  attachSharedMemory(fd: number): Promise<number>;
  detachSharedMemory(segment: number): void;
  /** Size of the root window as last heard of. */
  screenSize(): ScreenSize;
  /** Switches mode and framebuffer; calls are carried out one after the other. @see setScreenMode for its errors */
  setScreenSize(width: number, height: number): Promise<void>;
  /** Called after the size of the root window changed, whoever changed it. */
  onScreenChange(listener: (size: ScreenSize) => void): () => void;
  close(): Promise<void>;
}

function listenerSet<T extends unknown[]>() {
  const listeners = new Set<(...values: T) => void>();
  return {
    add(listener: (...values: T) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(...values: T): void {
      for (const listener of [...listeners]) listener(...values);
    },
  };
}

/** Requests in flight and the end of the connection: nothing may wait for ever for a server that is gone. */
function createRequests(connection: X11Connection) {
  const pending = new Set<(error: AppError) => void>();
  const closeListeners = listenerSet<[]>();
  let isClosed = false;
  let resolveClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });
  const closedError = () => new AppError('x11-closed', 'the connection to the X server is closed');
  const onGone = () => {
    if (isClosed) return;
    isClosed = true;
    for (const fail of [...pending]) fail(closedError());
    closeListeners.emit();
    resolveClosed();
  };
  connection.socket.on('close', onGone);
  connection.client.on('end', () => connection.socket.destroy());

  const request = <T>(send: (reply: Reply<T>) => void, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      if (isClosed) return reject(closedError());
      const settle = () => {
        clearTimeout(timer);
        pending.delete(fail);
      };
      const fail = (error: AppError) => {
        settle();
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new AppError('deadline-exceeded', `no reply to ${what} within ${x11Limits.requestTimeoutMs} ms`)),
        x11Limits.requestTimeoutMs,
      );
      pending.add(fail);
      send((error, value) => {
        if (error) {
          fail(new AppError('x11-request-failed', `${what} failed: ${error.message}`, { cause: error }));
        } else {
          settle();
          resolve(value);
        }
        return true;
      });
    });
  return { request, closed, isClosed: () => isClosed, onClosed: closeListeners.add };
}

function loadExtension<K extends keyof X11Extensions>(
  connection: X11Connection,
  request: X11Display['request'],
  name: K,
): Promise<X11Extensions[K]> {
  return request<X11Extensions[K]>((reply) => connection.client.require(name, reply), `extension ${name}`);
}

async function loadExtensions(connection: X11Connection, request: X11Display['request']): Promise<X11Extensions> {
  const [xtest, fixes, damage, randr, shm, xkb] = await Promise.all([
    loadExtension(connection, request, 'xtest'),
    loadExtension(connection, request, 'fixes'),
    loadExtension(connection, request, 'damage'),
    loadExtension(connection, request, 'randr'),
    loadExtension(connection, request, 'shm'),
    loadExtension(connection, request, 'xkb'),
  ]);
  return { xtest, fixes, damage, randr, shm, xkb };
}

/** Keeps the root window's size from RANDR notifications, and serialises changes of it. */
async function createScreen(
  connection: X11Connection,
  extensions: X11Extensions,
  request: X11Display['request'],
  onEvent: X11Display['onEvent'],
) {
  const { client, screen } = connection;
  const { randr } = extensions;
  const listeners = listenerSet<[ScreenSize]>();
  let size: ScreenSize = { width: screen.pixel_width, height: screen.pixel_height };
  const update = (next: ScreenSize) => {
    if (next.width === size.width && next.height === size.height) return;
    size = next;
    listeners.emit(size);
  };
  onEvent((event) => {
    if (event.name === 'RRScreenChangeNotify' && typeof event.width === 'number' && typeof event.height === 'number') {
      update({ width: event.width, height: event.height });
    }
  });
  randr.SelectInput(screen.root, randr.NotifyMask.ScreenChange);
  const readSize = () => request<X11Geometry>((reply) => client.GetGeometry(screen.root, reply), 'GetGeometry');
  const first = await readSize();
  size = { width: first.width, height: first.height };

  let queue: Promise<void> = Promise.resolve();
  const change = async (width: number, height: number) => {
    const known = await readSize();
    if (known.width !== width || known.height !== height) {
      await setScreenMode({ root: screen.root, core: client, randr, request }, width, height);
    }
    const now = await readSize();
    update({ width: now.width, height: now.height });
    if (now.width !== width || now.height !== height) {
      throw new AppError('x11-mode-refused', `the screen is ${now.width}×${now.height} instead of ${width}×${height}`);
    }
  };
  const setScreenSize = (width: number, height: number): Promise<void> => {
    const result = queue.then(() => change(width, height));
    queue = result.catch(() => undefined);
    return result;
  };
  return { screenSize: () => size, setScreenSize, onScreenChange: listeners.add };
}

function sendRaw<T>(connection: X11Connection, packet: Buffer, unpack: (body: Buffer, detail: number) => T) {
  return (reply: Reply<T>): void => {
    const { client } = connection;
    client.seq_num++;
    client.pack_stream.put(packet);
    client.replies[client.seq_num] = [unpack, reply];
    client.pack_stream.submit(true);
  };
}

async function closeConnection(connection: X11Connection, closed: Promise<void>): Promise<void> {
  connection.client.terminate();
  const timer = setTimeout(() => connection.socket.destroy(), x11Limits.closeTimeoutMs);
  await closed;
  clearTimeout(timer);
}

/**
 * Connects to an X server and loads XTEST, XFIXES, DAMAGE, RANDR, MIT-SHM and XKB.
 * @throws AppError of {@link connectX11}; `x11-request-failed` when an extension is missing
 */
export async function openDisplay(options: OpenDisplayOptions): Promise<X11Display> {
  const connection = await connectX11(options, (error) => options.logger?.debug({ err: error }, 'X error'));
  const { client, screen } = connection;
  const requests = createRequests(connection);
  const { request, closed } = requests;
  const events = listenerSet<[X11Event]>();
  client.on('event', (event) => events.emit(event));
  try {
    const extensions = await loadExtensions(connection, request);
    const screens = await createScreen(connection, extensions, request, events.add);
    return {
      root: screen.root,
      rootVisual: screen.root_visual,
      rootDepth: screen.root_depth,
      minKeycode: connection.minKeycode,
      maxKeycode: connection.maxKeycode,
      core: client,
      xtest: extensions.xtest,
      xfixes: extensions.fixes,
      damage: extensions.damage,
      randr: extensions.randr,
      shm: extensions.shm,
      xkb: extensions.xkb,
      closed,
      get isClosed() {
        return requests.isClosed();
      },
      request,
      rawRequest: (packet, unpack, what) => request(sendRaw(connection, packet, unpack), what),
      sync: async () => {
        await request((reply: Reply<unknown>) => client.GetInputFocus(reply), 'GetInputFocus');
      },
      atom: (name) => request<number>((reply) => client.InternAtom(false, name, reply), 'InternAtom'),
      onEvent: events.add,
      onClosed: requests.onClosed,
      attachSharedMemory: async (fd) => {
        const segment = client.AllocID();
        await request((reply) => extensions.shm.AttachFd(segment, fd, false, reply), 'ShmAttachFd');
        return segment;
      },
      detachSharedMemory: (segment) => extensions.shm.Detach(segment),
      ...screens,
      close: () => closeConnection(connection, closed),
    };
  } catch (error) {
    await closeConnection(connection, closed);
    throw error;
  }
}
