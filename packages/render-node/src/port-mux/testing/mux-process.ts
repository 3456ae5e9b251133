import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MuxEvents, MuxMethods, MuxStats } from '../../links/mux-link.js';
import { connectRpc, type RpcClient } from '../../links/rpc.js';
import { bundleProcess } from '../../testing/bundle-process.js';

/** Test harness: the real mux process, built from the sources, and small clients and streamers for it. */

const deadlineMs = 30_000;
const root = fileURLToPath(new URL('../../../../../', import.meta.url));

/** Polls until `probe` gives a value. @throws after 30 s, with `what` in the message. */
export async function eventually<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Bundles main.ts. @returns its path. */
export function buildMux(): string {
  const outfile = join(root, `packages/render-node/dist/port-mux-under-test-${process.pid}.mjs`);
  return bundleProcess(join(root, 'packages/render-node/src/port-mux/main.ts'), outfile);
}

/** A port that is free for UDP and TCP at the moment. */
export async function freePort(host: string): Promise<number> {
  return eventually('a free port', async () => {
    const tcp = createServer();
    const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    udp.on('error', () => undefined);
    await new Promise<void>((resolve) => tcp.listen(0, host, resolve));
    const { port } = tcp.address() as { port: number };
    const free = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, host, () => resolve(true));
    });
    if (free) await new Promise<void>((resolve) => udp.close(() => resolve()));
    await new Promise<void>((resolve) => tcp.close(() => resolve()));
    return free ? port : undefined;
  });
}

/** A running mux process with its link. */
export interface MuxProcess {
  readonly port: number;
  readonly runDir: string;
  readonly child: ChildProcess;
  readonly link: RpcClient<MuxMethods>;
  readonly exited: Promise<number | string | null>;
  setRoute(ufrag: string, pwd: string, port: number): Promise<void>;
  deleteRoute(ufrag: string): Promise<void>;
  stats(): Promise<MuxStats>;
  stop(): Promise<void>;
}

/** Starts the process on `host`; with `like`, on the port of a former one. The caller stops it. */
export async function startMux(bundle: string, host = '127.0.0.1', like?: MuxProcess): Promise<MuxProcess> {
  const runDir = like?.runDir ?? (await mkdtemp(join(tmpdir(), 'port-mux-')));
  const port = like?.port ?? (await freePort(host));
  const config = { runDir, listenAddresses: [host], udpPort: port, tcpPort: port, logLevel: 'warn' };
  const child = spawn(process.execPath, [bundle, JSON.stringify(config)], { stdio: ['ignore', 'inherit', 'inherit'] });
  const exited = new Promise<number | string | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  const link = await eventually('the mux link', () =>
    connectRpc<MuxMethods, MuxEvents>(join(runDir, 'mux.sock'), () => undefined).catch(() => undefined),
  );
  const call = { deadlineMs };
  return {
    port,
    runDir,
    child,
    link,
    exited,
    setRoute: async (ufrag, pwd, streamerPort) => {
      await link.call('route.set', { ufrag, pwd, address: '127.0.0.1', port: streamerPort }, call);
    },
    deleteRoute: async (ufrag) => {
      await link.call('route.delete', { ufrag }, call);
    },
    stats: async () => (await link.call('mux.describe', {}, call)).stats,
    stop: async () => {
      await link.close();
      child.kill('SIGTERM');
      await exited;
      await rm(runDir, { recursive: true, force: true });
    },
  };
}

/** A UDP socket with what it received. */
export interface Endpoint {
  readonly port: number;
  readonly received: { readonly text: string; readonly bytes: Buffer; readonly fromPort: number }[];
  send(packet: Buffer, port: number): void;
  close(): Promise<void>;
}

/** Opens a socket; a streamer answers every packet with `<name> <hex>`. */
export async function openEndpoint(echoName?: string, host = '127.0.0.1'): Promise<Endpoint> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const received: Endpoint['received'] = [];
  socket.on('message', (bytes, remote) => {
    received.push({ text: bytes.toString('latin1'), bytes, fromPort: remote.port });
    if (echoName !== undefined) socket.send(`${echoName} ${bytes.toString('hex')}`, remote.port, remote.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  return {
    port: socket.address().port,
    received,
    send: (packet, port) => socket.send(packet, port, host),
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

/** Sends until an answer that `matches` arrives (a datagram may be lost under load). @returns the answer. */
export async function exchange(
  client: Endpoint,
  packet: Buffer,
  muxPort: number,
  matches: (answer: Buffer) => boolean,
): Promise<Buffer> {
  const before = client.received.length;
  return eventually('an answer through the mux', () => {
    const answer = client.received.slice(before).find((item) => matches(item.bytes));
    if (!answer) client.send(packet, muxPort);
    return answer?.bytes;
  });
}
