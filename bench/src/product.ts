import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AppError } from '@cloudstage/protocol';
import { type Cleanups, undoOnce } from './bench-main.js';
import { benchLimits } from './limits.js';

const execute = promisify(execFile);

/** Root of the checkout. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));
const cliMain = join(repository, 'packages/cli/dist/main.js');

/** An instance of the whole product on ports and a data directory of its own. */
export interface Product {
  readonly apiUrl: string;
  /** Public UDP and TCP port of media, on loopback. */
  readonly mediaPort: number;
  /** The node's run directory, with the sockets of its processes. */
  readonly runDir: string;
  readonly pid: number;
  /** Directories that the product's processes name in their arguments or environment. */
  readonly directories: readonly string[];
  readonly accessKey: { readonly SecretId: string; readonly SecretKey: string };
  /** Runs `cloudstage <args> --json` against the instance. @throws AppError `cli-failed`. */
  cli<T>(...args: string[]): Promise<T>;
  /** Ends it as Ctrl-C does, and removes its data. */
  stop(): Promise<void>;
}

/** Calls `probe` until it gives a value. @throws AppError `deadline-exceeded` with the last error as cause. */
export async function eventually<T>(what: string, deadlineMs: number, probe: () => Promise<T | undefined>): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  let cause: unknown;
  while (performance.now() < endMs) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      if (error instanceof AppError && error.code === 'product-ended') throw error;
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, benchLimits.retryMs));
  }
  const last = cause instanceof Error ? `; last: ${cause.message}` : '';
  throw new AppError('deadline-exceeded', `waited ${deadlineMs} ms for ${what}${last}`, { cause });
}

/** A port that is free for TCP and UDP at the moment. */
export async function freePort(): Promise<number> {
  return eventually('a free port', benchLimits.productStopMs, async () => {
    const tcp = createServer();
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const address = tcp.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const udp = createSocket('udp4');
    const free = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, () => resolve(true));
    });
    if (free) await new Promise<void>((resolve) => udp.close(() => resolve()));
    await new Promise<void>((resolve) => tcp.close(() => resolve()));
    return free && port > 0 ? port : undefined;
  });
}

/** Where the node keeps its sockets; its processes name it in their arguments. */
export function runDirOf(dataDir: string): string {
  return `/run/cloudstage/${createHash('sha256').update(dataDir).digest('hex').slice(0, 8)}`;
}

async function stop(child: ChildProcess, dataDir: string): Promise<void> {
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), benchLimits.productStopMs);
  await exited;
  clearTimeout(timer);
  await rm(dataDir, { recursive: true, force: true });
}

async function waitUntilReady(child: ChildProcess, apiUrl: string, output: () => string): Promise<void> {
  await eventually('the product to be ready', benchLimits.productStartMs, async () => {
    if (child.exitCode !== null) {
      throw new AppError('product-ended', `cloudstage up ended with ${child.exitCode}:\n${output()}`);
    }
    const response = await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(benchLimits.retryMs * 4) });
    return response.ok ? true : undefined;
  });
}

/**
 * Starts `cloudstage up` with one slot and without the demo, on loopback.
 * @param verbose pass its output on to standard error.
 * @param cleanups gets what ends it as soon as there is anything to end.
 * @throws AppError `product-ended` with its output, or `deadline-exceeded`.
 */
export async function startProduct(verbose: boolean, cleanups: Cleanups): Promise<Product> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cloudstage-bench-'));
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
  const [apiPort, mediaPort] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    CLOUDSTAGE_DATA_DIR: dataDir,
    CLOUDSTAGE_API_PORT: String(apiPort),
    CLOUDSTAGE_MEDIA_PORT: String(mediaPort),
    CLOUDSTAGE_MEDIA_LISTEN_ADDRESSES: '127.0.0.1',
    CLOUDSTAGE_MEDIA_PUBLIC_ADDRESSES: '127.0.0.1',
    CLOUDSTAGE_NODE_SLOTS: '1',
    CLOUDSTAGE_DEMO_ENABLED: 'false',
    // The cases set bitrates above what the scales allow.
    CLOUDSTAGE_CONCURRENCY_TYPES: JSON.stringify(
      Object.fromEntries(['S1', 'M1', 'L1', 'L2', 'XL2'].map((name) => [name, { maxBitrateBps: null }])),
    ),
  };
  const child = spawn(process.execPath, [cliMain, 'up'], { env, cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] });
  const stopOnce = undoOnce(cleanups, () => stop(child, dataDir));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      if (verbose) process.stderr.write(chunk);
      output = (output + chunk.toString()).slice(-benchLimits.outputChars);
    });
  }
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  try {
    await waitUntilReady(child, apiUrl, () => output);
    return {
      apiUrl,
      mediaPort,
      runDir: runDirOf(dataDir),
      pid: child.pid ?? 0,
      directories: [dataDir, runDirOf(dataDir)],
      accessKey: JSON.parse(await readFile(join(dataDir, 'access-key.json'), 'utf8')),
      cli: async <T>(...args: string[]) => {
        const options = { env, cwd: repository, timeout: benchLimits.registerMs };
        const result = await execute(process.execPath, [cliMain, ...args, '--json'], options).catch((cause) => {
          throw new AppError('cli-failed', `cloudstage ${args.join(' ')}: ${cause.stderr ?? cause}`, { cause });
        });
        return JSON.parse(result.stdout) as T;
      },
      stop: async () => void (await stopOnce()),
    };
  } catch (error) {
    await stopOnce();
    throw error;
  }
}
