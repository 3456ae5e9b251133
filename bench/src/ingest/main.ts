import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@cloudstage/protocol';
import { type Cleanups, runBench, undoOnce } from '../bench-main.js';
import { ingestBenchLimits } from './limits.js';
import { type IngestFormat, parseIngestBenchOptions } from './options.js';
import { packArchive, writePackageFiles } from './package-files.js';

/** One line of the result; sizes are bytes. */
interface Row {
  readonly format: IngestFormat;
  readonly gibibytes: number;
  readonly archiveBytes: number;
  readonly seconds: number;
  /** Most memory that the process of the ingest had resident. */
  readonly ingestPeakBytes: number;
  /** The same of its unpacker; 0 for formats that need none. */
  readonly unpackerPeakBytes: number;
}

function readStatus(pid: number): { readonly parentPid: number; readonly peakBytes: number } {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'latin1');
    const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return { parentPid: field('PPid'), peakBytes: field('VmHWM') * 1_024 };
  } catch {
    // Ended in the meantime.
    return { parentPid: 0, peakBytes: 0 };
  }
}

/** Peaks of a process and of its descendants. @see proc(5): VmHWM, peak resident set size */
function watchMemory(pid: number): { stop(): { readonly own: number; readonly children: number } } {
  const peaks = { own: 0, children: 0 };
  const sample = () => {
    peaks.own = Math.max(peaks.own, readStatus(pid).peakBytes);
    const all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: Number(name), ...readStatus(Number(name)) }));
    const family = new Set([pid]);
    for (let size = -1; size !== family.size; ) {
      size = family.size;
      for (const each of all) if (family.has(each.parentPid)) family.add(each.pid);
    }
    const children = all.filter((each) => each.pid !== pid && family.has(each.pid));
    peaks.children = Math.max(peaks.children, ...children.map(({ peakBytes }) => peakBytes));
  };
  const timer = setInterval(sample, ingestBenchLimits.sampleMs);
  return {
    stop: () => {
      clearInterval(timer);
      return peaks;
    },
  };
}

async function measure(archivePath: string, storePath: string, cleanups: Cleanups) {
  const script = fileURLToPath(import.meta.resolve('@cloudstage/control-plane/testing/ingest-child'));
  const startedMs = performance.now();
  const child = fork(script, [storePath, archivePath], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  const exited = once(child, 'exit');
  const end = undoOnce(cleanups, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const memory = watchMemory(child.pid ?? 0);
  const [code] = (await exited) as [number | null];
  await end();
  const { own, children } = memory.stop();
  if (code !== 0) throw new AppError('bench-failed', `the ingest ended with ${code}`);
  return {
    seconds: (performance.now() - startedMs) / 1_000,
    ingestPeakBytes: own,
    unpackerPeakBytes: children,
  };
}

const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(0);

function print(row: Row): void {
  const bytes = row.gibibytes * 1024 ** 3;
  const size = `${row.gibibytes} GiB (archive ${mebibytes(row.archiveBytes)} MiB)`;
  const rate = `${row.seconds.toFixed(1)} s, ${mebibytes(bytes / row.seconds)} MiB/s`;
  const peaks = `peak: ingest ${mebibytes(row.ingestPeakBytes)} MiB, unpacker ${mebibytes(row.unpackerPeakBytes)} MiB`;
  process.stdout.write(`${row.format.padEnd(8)} ${size}  ${rate}  ${peaks}\n`);
}

/**
 * `npm run bench:ingest`: time and peak memory of unpacking packages into a store in the file system, small and large, in a
 * process of its own.
 * @see docs/performance.md
 */
async function run(args: readonly string[], cleanups: Cleanups): Promise<void> {
  const options = parseIngestBenchOptions(args);
  const directory = await mkdtemp(join(options.directory === '' ? tmpdir() : options.directory, 'cloudstage-bench-'));
  const rows: Row[] = [];
  const removeAll = undoOnce(cleanups, () => rm(directory, { recursive: true, force: true }));
  try {
    for (const gibibytes of options.sizes) {
      const files = join(directory, 'files');
      await writePackageFiles(files, gibibytes * 1024 ** 3);
      for (const format of options.formats) {
        const archivePath = join(directory, 'package');
        const storePath = join(directory, 'objects');
        process.stderr.write(`packing ${gibibytes} GiB as ${format}\n`);
        const archiveBytes = await packArchive(format, files, archivePath);
        const row = { format, gibibytes, archiveBytes, ...(await measure(archivePath, storePath, cleanups)) };
        rows.push(row);
        if (!options.json) print(row);
        await rm(archivePath);
        await rm(storePath, { recursive: true });
      }
      await rm(files, { recursive: true });
    }
    if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    await removeAll();
  }
}

runBench('bench:ingest', run);
