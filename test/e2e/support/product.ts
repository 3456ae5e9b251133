import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  copyPreparedDatabase,
  createPostgresDatabase,
  type EmptyDatabase,
  freePort,
  repository,
} from '@cloudstage/bench';
import { type CloudApiClient, createCloudApiClient } from '@cloudstage/cloud-api';

const run = promisify(execFile);
const cliMain = join(repository, 'packages/cli/dist/main.js');

/** Polls `probe` until it returns something truthy; the error names what was awaited and what was seen last. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `waited ${timeoutMs} ms for ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  );
}

/** One running instance of the whole product, on ports and a data directory of its own. */
export interface Product {
  readonly apiUrl: string;
  readonly demoUrl: string;
  readonly dataDir: string;
  readonly mediaPort: number;
  /** Its database on a PostgreSQL server; null: the embedded one. */
  readonly database: EmptyDatabase | null;
  readonly pid: number;
  readonly accessKey: { readonly SecretId: string; readonly SecretKey: string };
  readonly demo: { readonly ProjectId: string; readonly ApplicationId: string };
  /** A client of its cloud API; another secret makes its signatures wrong. */
  cloudApi(secretKey?: string): CloudApiClient;
  /** Everything it printed so far. */
  output(): string;
  /** Runs `cloudstage <args> --json` against the instance. */
  cli<T>(...args: string[]): Promise<T>;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** `kill -9` of the main process alone. */
  kill(): Promise<void>;
}

export interface StartOptions {
  /** PostgreSQL server on which a database is made; default `CLOUDSTAGE_TEST_DATABASE_URL`, else the embedded database. */
  readonly databaseServer?: string;
  /** Leaves making the embedded database to the product, as at a first start; otherwise it finds an empty one, which saves seconds. */
  readonly withoutDatabase?: boolean;
  /** Reused to restart an instance; a fresh temporary directory otherwise. */
  readonly previous?: Product;
  readonly env?: Readonly<Record<string, string>>;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

async function makeDatabase(dataDir: string, options: StartOptions): Promise<EmptyDatabase | null> {
  if (options.previous !== undefined) return options.previous.database;
  const server = options.databaseServer ?? process.env.CLOUDSTAGE_TEST_DATABASE_URL;
  if (server !== undefined) return createPostgresDatabase(server, `e2e-${randomUUID()}`);
  if (options.withoutDatabase !== true) await copyPreparedDatabase(join(dataDir, 'database'));
  return null;
}

/** Starts `cloudstage up` and waits until it says it is ready. */
export async function startProduct(options: StartOptions = {}): Promise<Product> {
  const dataDir = options.previous?.dataDir ?? (await mkdtemp(join(tmpdir(), 'cloudstage-e2e-')));
  const port = (url: string | undefined) =>
    url === undefined ? freePort() : Promise.resolve(Number(new URL(url).port));
  const apiPort = await port(options.previous?.apiUrl);
  const demoPort = await port(options.previous?.demoUrl);
  const mediaPort = options.previous?.mediaPort ?? (await freePort());
  const database = await makeDatabase(dataDir, options);
  const env = {
    ...process.env,
    CLOUDSTAGE_DATA_DIR: dataDir,
    ...(database === null ? {} : { CLOUDSTAGE_DATABASE_URL: database.url }),
    CLOUDSTAGE_API_PORT: String(apiPort),
    CLOUDSTAGE_DEMO_PORT: String(demoPort),
    CLOUDSTAGE_MEDIA_PORT: String(mediaPort),
    CLOUDSTAGE_DEMO_CACHE_DIR: join(repository, 'data', 'cache'),
    // The probe of AV1 takes seconds of each start.
    CLOUDSTAGE_NODE_AV1: 'off',
    ...options.env,
  };
  const child = spawn(process.execPath, [cliMain, 'up'], { env, cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = (output + chunk).slice(-200_000)));
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const demoUrl = `http://127.0.0.1:${demoPort}`;
  try {
    await until(
      'the product to be ready',
      async () => {
        if (child.exitCode !== null) throw new Error(`cloudstage up exited with ${child.exitCode}`);
        const ready = await fetch(`${apiUrl}/readyz`);
        return ready.ok && existsSync(join(dataDir, 'demo.json')) && (await fetch(demoUrl)).ok && /ready/i.test(output);
      },
      240_000,
    );
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${error instanceof Error ? error.message : error}\n--- output ---\n${output.slice(-8000)}`);
  }
  const accessKey = await readJson<Product['accessKey']>(join(dataDir, 'access-key.json'));
  return {
    apiUrl,
    demoUrl,
    dataDir,
    mediaPort,
    database,
    pid: child.pid ?? 0,
    accessKey,
    cloudApi: (secretKey = accessKey.SecretKey) =>
      createCloudApiClient({ endpoint: apiUrl, secretId: accessKey.SecretId, secretKey }),
    demo: await readJson(join(dataDir, 'demo.json')),
    output: () => output,
    cli: async <T>(...args: string[]) => {
      const { stdout } = await run(process.execPath, [cliMain, ...args, '--json'], {
        env,
        cwd: repository,
        maxBuffer: 16 << 20,
      });
      return JSON.parse(stdout) as T;
    },
    stop: async () => {
      child.kill('SIGINT');
      return exited(child);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited(child);
    },
  };
}

/** Stops an instance and removes its data; for `afterAll`. */
export async function disposeProduct(product: Product | undefined): Promise<void> {
  if (!product) return;
  await product.stop();
  await product.database?.drop();
  await rm(product.dataDir, { recursive: true, force: true });
}
