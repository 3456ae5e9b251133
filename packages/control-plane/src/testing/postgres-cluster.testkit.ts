import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);
const prefix = 'cloudstage-postgres-';
const installRoot = '/usr/lib/postgresql';

/** A PostgreSQL server of the tests' own, in a temporary directory. */
export interface PostgresCluster {
  /** URL of the database `postgres`, whose user may create databases. */
  readonly url: string;
  /** Directory of PostgreSQL's programs (`pg_dump` and others). */
  readonly binDir: string;
  readonly port: number;
  /** Process of the server, the parent of all others of it. */
  readonly pid: number;
  close(): Promise<void>;
}

/** Options of {@link startPostgres}. */
export interface PostgresOptions {
  /** Writes reach the disk before they are confirmed, as in production; tests do without. */
  readonly durable?: boolean;
  /** Further settings, for example `shared_buffers`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Who runs the server: PostgreSQL refuses to run as root. */
interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

/** Directory of the newest PostgreSQL's programs (`pg_dump` and others). */
export async function findPostgresPrograms(): Promise<string> {
  const versions = await readdir(installRoot).catch(() => [] as string[]);
  const newest = versions
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => b - a)[0];
  if (newest === undefined) throw new Error(`no PostgreSQL in ${installRoot}: apt-get install postgresql`);
  return join(installRoot, String(newest), 'bin');
}

async function serverUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return {};
  const idOf = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}

async function processStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** Ends what a killed test run has left: a server whose owner is gone, and its directory. */
async function removeLeftovers(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((entry) => entry.startsWith(prefix))) {
    const dir = join(tmpdir(), name);
    const [pid, start] = (await readFile(join(dir, 'owner'), 'utf8').catch(() => '')).split(' ');
    // A directory without an owner is being made just now.
    if (pid === undefined || start === undefined || (await processStart(Number(pid))) === start) continue;
    const server = Number((await readFile(join(dir, 'data/postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0]);
    const commandLine = server > 0 ? await readFile(`/proc/${server}/cmdline`, 'utf8').catch(() => '') : '';
    if (commandLine.includes(dir)) {
      process.kill(server, 'SIGQUIT');
      while ((await processStart(server)) !== null) await pause();
    }
    await rm(dir, { recursive: true, force: true });
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function settingsOf(dir: string, port: number, options: PostgresOptions): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: dir,
    max_connections: '300',
    shared_buffers: '128MB',
    ...(options.durable === true ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function waitUntilUp(server: ChildProcess, url: string, log: () => string): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}:\n${log()}`);
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await pause();
    }
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  // "Immediate": the data is thrown away anyway.
  server.kill('SIGQUIT');
  await gone;
}

/**
 * Starts a server from Debian's packages, as the user `postgres` when this process is root. It trusts everybody who reaches
 * its loopback port or its socket, and lives until {@link PostgresCluster.close}; when this process is killed, the next start
 * removes it.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresCluster> {
  await removeLeftovers();
  const binDir = await findPostgresPrograms();
  const user = await serverUser();
  const dir = await mkdtemp(join(tmpdir(), prefix));
  if (user.uid !== undefined && user.gid !== undefined) await chown(dir, user.uid, user.gid);
  await writeFile(join(dir, 'owner'), `${process.pid} ${(await processStart(process.pid)) ?? '0'}`);
  const data = join(dir, 'data');
  const initdb = ['--auth=trust', '--username=cloudstage', '--encoding=UTF8', '--locale=C', '--no-sync', '-D', data];
  await run(join(binDir, 'initdb'), initdb, { ...user, cwd: dir });
  const port = await freePort();
  const url = `postgres://cloudstage@127.0.0.1:${port}/postgres`;
  const server = spawn(join(binDir, 'postgres'), ['-D', data, ...settingsOf(dir, port, options)], {
    ...user,
    cwd: dir,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  server.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-10_000);
  });
  const close = async () => {
    await stop(server);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await waitUntilUp(server, url, () => log);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, binDir, port, pid: server.pid ?? 0, close };
}

/** Runs one statement that no transaction may hold, on the server of `url`. */
export async function runStatement(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** An empty database. */
export interface EmptyDatabase {
  readonly url: string;
  /** Removes it, also when connections to it are open. */
  drop(): Promise<void>;
}

/** Makes an empty database on the server of `serverUrl`. */
export async function createPostgresDatabase(serverUrl: string, name: string): Promise<EmptyDatabase> {
  await runStatement(serverUrl, `CREATE DATABASE "${name}"`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => runStatement(serverUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`) };
}
