import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createPostgresDatabase,
  runStatement,
  startPostgres,
} from '@cloudstage/control-plane/testing/postgres-cluster';
import { AppError } from '@cloudstage/protocol';
import { type Cleanups, runBench, undoOnce } from '../bench-main.js';
import { createCpuMeter } from '../cpu.js';
import type { WorkerOrder } from './http-worker.js';
import { apiBenchLimits } from './limits.js';
import { type ApiBenchOptions, type Level, parseApiBenchOptions, type Workload } from './options.js';
import { type BenchPlane, startBenchPlane } from './plane.js';
import { type CallName, type Measurement, measure } from './workload.js';

/** One line of the result. */
interface Row extends Measurement {
  readonly database: 'PostgreSQL' | 'PGlite';
  readonly nodes: number;
  readonly level: Level;
  readonly workload: Workload;
  /** Processor time of the control plane for one round of a client, milliseconds. */
  readonly planeMs: number;
  /** The same of the bench's own PostgreSQL server; null with another. */
  readonly databaseMs: number | null;
}

function measureOverHttp(order: WorkerOrder): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    // Flags of a profiler are the server's.
    const worker = fork(fileURLToPath(new URL('./http-worker.js', import.meta.url)), { execArgv: [] });
    worker.once('message', (measurement: Measurement) => resolve(measurement));
    worker.once('exit', (code) => reject(new AppError('bench-failed', `the clients ended with ${code}`)));
    worker.send(order);
  });
}

async function runOne(
  { plane, serverPid }: { readonly plane: BenchPlane; readonly serverPid: number | null },
  level: Level,
  workload: Workload,
  options: ApiBenchOptions,
) {
  const order = { workload, clients: options.clients, seconds: options.seconds, run: `${level}-${workload}` };
  const database = serverPid === null ? null : createCpuMeter(serverPid, []);
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const measurement =
    level === 'http'
      ? await measureOverHttp({ ...order, access: plane.access })
      : await measure(plane.services, workload, order);
  await plane.fleet.settled();
  const { user, system } = process.cpuUsage(cpu);
  const elapsedMs = performance.now() - startedMs;
  // The warm-up has the same rate as what is counted.
  const rounds = (measurement.perSecond.apply * elapsedMs) / 1_000;
  return {
    ...measurement,
    planeMs: (user + system) / 1_000 / rounds,
    databaseMs: database === null ? null : (database.cores() * elapsedMs) / rounds,
  };
}

const callsOf: Readonly<Record<Workload, readonly CallName[]>> = {
  reserve: ['apply'],
  apply: ['apply', 'destroy'],
  create: ['apply', 'create', 'destroy'],
};

/** What can be run with so many nodes: reservations that nobody ends would soon fill a small fleet. */
function workloadsFor(nodes: number, { workloads, seconds }: ApiBenchOptions): readonly Workload[] {
  const needed = apiBenchLimits.reservationsPerSecond * (seconds + apiBenchLimits.warmUpMs / 1_000);
  return workloads.filter((workload) => workload !== 'reserve' || nodes * apiBenchLimits.slotsPerNode >= needed);
}

function format(row: Row): string {
  const names = callsOf[row.workload];
  const calls = names.map((name) => {
    const { p50, p99 } = row.latency[name];
    return `${name} ${row.perSecond[name].toFixed(0)}/s p50 ${p50?.toFixed(1)} p99 ${p99?.toFixed(1)} ms`;
  });
  const failures = Object.entries(row.failures).map(([code, count]) => `${count}× ${code}`);
  const head = `${row.database.padEnd(10)} ${String(row.nodes).padStart(6)} nodes  ${row.level.padEnd(8)}`;
  const cpu = `cpu a round: plane ${row.planeMs.toFixed(2)} ms, database ${row.databaseMs?.toFixed(2) ?? '?'} ms`;
  return [head, ...calls, cpu, ...failures].join('  ');
}

async function runFleet(
  server: { readonly url: string; readonly pid: number | null },
  nodes: number,
  options: ApiBenchOptions,
  print: (row: Row) => void,
  cleanups: Cleanups,
) {
  const database = await createPostgresDatabase(server.url, `bench-${process.pid}-${nodes}`);
  const drop = undoOnce(cleanups, () => database.drop());
  try {
    const plane = await startBenchPlane(database.url, nodes, cleanups);
    process.stderr.write(`${nodes} nodes registered in ${plane.registeredSeconds.toFixed(1)} s\n`);
    try {
      await runStatement(database.url, 'VACUUM ANALYZE');
      for (const level of options.levels) {
        for (const workload of workloadsFor(nodes, options)) {
          const measured = await runOne({ plane, serverPid: server.pid }, level, workload, options);
          print({ database: 'PostgreSQL', nodes, level, workload, ...measured });
        }
      }
    } finally {
      await plane.close();
    }
  } finally {
    await drop();
  }
}

/** The same on the embedded database, with the fewest nodes: what the server is compared with. */
async function runEmbedded(options: ApiBenchOptions, print: (row: Row) => void, cleanups: Cleanups) {
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-bench-pglite-'));
  const removeAll = undoOnce(cleanups, () => rm(dir, { recursive: true, force: true }));
  const nodes = Math.min(...options.nodes);
  try {
    const plane = await startBenchPlane(`pglite:${join(dir, 'database')}`, nodes, cleanups);
    try {
      for (const level of options.levels) {
        for (const workload of workloadsFor(nodes, options)) {
          const measured = await runOne({ plane, serverPid: null }, level, workload, options);
          print({ database: 'PGlite', nodes, level, workload, ...measured });
        }
      }
    } finally {
      await plane.close();
    }
  } finally {
    await removeAll();
  }
}

/**
 * `npm run bench:api`: ApplyConcurrent, CreateSession and DestroySession with simulated nodes, on a PostgreSQL server that
 * writes to the disk as in production, and with few nodes on the embedded database.
 * @see docs/performance.md
 */
async function run(args: readonly string[], cleanups: Cleanups): Promise<void> {
  const options = parseApiBenchOptions(args);
  const own = options.databaseUrl === '' ? await startPostgres({ durable: true }) : null;
  const closeOwn = undoOnce(cleanups, async () => own?.close());
  const rows: Row[] = [];
  const print = (row: Row) => {
    rows.push(row);
    if (!options.json) process.stdout.write(`${format(row)}\n`);
  };
  try {
    for (const nodes of options.nodes) {
      await runFleet(own ?? { url: options.databaseUrl, pid: null }, nodes, options, print, cleanups);
    }
    if (own !== null) await runEmbedded(options, print, cleanups);
    if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    await closeOwn();
  }
}

runBench('bench:api', run);
