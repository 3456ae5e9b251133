import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError, assertNever } from '@cloudstage/protocol';
import { PGlite, types } from '@electric-sql/pglite';
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import pg from 'pg';
import type { Logger } from 'pino';
import { CoalescingSocket } from './coalescing-socket.js';
import { type DirectoryLock, lockDirectory } from './directory-lock.js';
import { dbLimits } from './limits.js';
import { migrate } from './migrate.js';
import { prepareStatements } from './prepared.js';
import { isRetryable } from './rows.js';
import type { Executor } from './schema.js';
import { createServerTransactions } from './server-transactions.js';

/** Connections to a database server, and callers that wait for one. */
export interface PoolStats {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The control plane's database, embedded or not. */
export interface Database {
  /** For single statements, each of which is a transaction of its own. */
  readonly executor: Executor;
  /** True when no other process can use it: the embedded one. */
  readonly exclusive: boolean;
  /**
   * Runs `work` in one transaction; serialisation failures and deadlocks repeat it, so `work` must have no other effects.
   * `work` must use only the executor it is given: the embedded database has one connection.
   */
  transaction<T>(work: (executor: Executor) => Promise<T>): Promise<T>;
  /** Connections; null for the embedded database, which has one. */
  poolStats(): PoolStats | null;
  close(): Promise<void>;
}

/** Parts of a database URL. */
type DatabaseTarget =
  | { readonly type: 'memory' }
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'server'; readonly url: string };

function parseDatabaseUrl(url: string): DatabaseTarget {
  if (url === 'pglite:memory') return { type: 'memory' };
  if (url.startsWith('pglite:') && url.length > 'pglite:'.length) {
    return { type: 'directory', path: resolve(url.slice('pglite:'.length)) };
  }
  if (/^postgres(ql)?:\/\//.test(url)) return { type: 'server', url };
  throw new AppError(
    'database-url-invalid',
    'databaseUrl must be pglite:<directory>, pglite:memory or postgres://user@host/name',
  );
}

/** Times and counts are far below 2⁵³, so 64-bit integers are plain numbers in both drivers. */
const parseBigint = (text: string): number => Number(text);

interface Connection {
  readonly executor: Executor;
  /** One transaction, not repeated. */
  transaction<T>(work: (executor: Executor) => Promise<T>): Promise<T>;
  poolStats(): PoolStats | null;
  close(): Promise<void>;
}

async function openEmbedded(path: string | null): Promise<Connection> {
  let lock: DirectoryLock | null = null;
  if (path !== null) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await mkdir(path, { recursive: true, mode: 0o700 });
    lock = await lockDirectory(`${path}.lock`);
  }
  try {
    const parsers = { [types.INT8]: parseBigint };
    const client = path === null ? await PGlite.create({ parsers }) : await PGlite.create({ dataDir: path, parsers });
    const executor = drizzlePglite(client);
    return {
      executor,
      transaction: (work) => executor.transaction(work),
      poolStats: () => null,
      close: async () => {
        await client.close();
        await lock?.release();
      },
    };
  } catch (cause) {
    await lock?.release();
    throw new AppError('database-unavailable', `cannot open the embedded database in ${path ?? 'memory'}`, { cause });
  }
}

function openServer(url: string, logger: Logger): Connection {
  // The ORM asks the driver's own table for parsers, so the entry must be made there.
  pg.types.setTypeParser(pg.types.builtins.INT8, parseBigint);
  const pool = new pg.Pool({
    connectionString: url,
    max: dbLimits.maxConnections,
    connectionTimeoutMillis: dbLimits.connectMs,
    statement_timeout: dbLimits.statementMs,
    application_name: 'cloudstage',
    // Statements that do not wait for each other travel together: BEGIN and the first one, for example.
    pipeline: true,
    stream: () => new CoalescingSocket(),
  });
  const names = new Map<string, string>();
  pool.on('connect', (client) => {
    prepareStatements(client, names);
    // One that breaks while it is lent says so twice: to whoever waits for a statement, and by an event that would end the process.
    client.on('error', () => undefined);
  });
  // An idle connection may break at any time; the pool replaces it.
  pool.on('error', (error) => logger.warn({ err: error }, 'database connection lost'));
  return {
    executor: drizzlePg(pool),
    transaction: createServerTransactions(pool),
    poolStats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

function connect(target: DatabaseTarget, logger: Logger): Promise<Connection> | Connection {
  switch (target.type) {
    case 'memory':
      return openEmbedded(null);
    case 'directory':
      return openEmbedded(target.path);
    case 'server':
      return openServer(target.url, logger);
    default:
      return assertNever(target, 'database target');
  }
}

/**
 * Opens the database of a URL and brings its schema up to date. The embedded one is locked to this process.
 * @throws AppError `database-url-invalid`, `database-in-use`, `database-unavailable`, `database-schema-newer`.
 */
export async function openDatabase(url: string, options: { readonly logger: Logger }): Promise<Database> {
  const target = parseDatabaseUrl(url);
  const connection = await connect(target, options.logger);
  try {
    await migrate(connection.executor, Date.now());
  } catch (error) {
    await connection.close();
    throw error instanceof AppError
      ? error
      : new AppError('database-unavailable', 'the database cannot be reached or migrated', { cause: error });
  }
  let closing: Promise<void> | null = null;
  return {
    executor: connection.executor,
    exclusive: target.type !== 'server',
    poolStats: connection.poolStats,
    transaction: async (work) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await connection.transaction(work);
        } catch (error) {
          if (!isRetryable(error) || attempt >= dbLimits.maxTransactionAttempts) throw error;
        }
      }
    },
    close: () => {
      closing ??= connection.close();
      return closing;
    },
  };
}
