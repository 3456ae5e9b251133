import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import type { Command } from 'commander';
import { createCounter, formatBytes, formatDuration } from '../output/progress.js';
import { renderTable } from '../output/table.js';
import { addCommand, addGroup } from './command.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { parseTime } from './options.js';

interface UsageOptions extends InstanceOptions {
  readonly from: string;
  readonly to?: string;
  readonly accountId?: string;
  readonly projectId?: string;
}

function queryOf({ from, to, accountId, projectId }: UsageOptions) {
  return {
    from: parseTime('--from', from),
    to: to === undefined ? Date.now() : parseTime('--to', to),
    ...(accountId === undefined ? {} : { accountId }),
    ...(projectId === undefined ? {} : { projectId }),
  };
}

async function runTotals(context: CommandContext, options: UsageOptions): Promise<void> {
  const client = await connectInstance(context, options);
  const totals = await client.call('usage.totals', queryOf(options));
  const hours = (ms: number): string => formatDuration(ms / 1_000);
  const table = renderTable(
    totals,
    [
      ['DAY', (row) => row.day],
      ['ACCOUNT', (row) => row.accountId],
      ['PROJECT', (row) => row.projectId],
      ['ACTIVE', (row) => hours(row.milliseconds.active)],
      ['IDLE', (row) => hours(row.milliseconds.idle)],
    ],
    'Nothing was used.',
  );
  const sum = (kind: 'active' | 'idle') => totals.reduce((all, row) => all + row.milliseconds[kind], 0);
  const foot = totals.length < 2 ? '' : `\nTogether: ${hours(sum('active'))} active, ${hours(sum('idle'))} idle`;
  print(context, options, totals, `${table}${foot}`);
}

interface ExportOptions extends UsageOptions {
  readonly output?: string;
  readonly force?: boolean;
}

const fileError = (path: string, cause: unknown) =>
  new AppError('output-unwritable', `${path} cannot be written: ${String(cause)}`, { cause });

/** Writes a file that appears when it is whole; returns its size. The pieces are asked for as fast as the disk takes them. */
async function writeWhole(
  path: string,
  pieces: AsyncIterable<string>,
  options: { readonly signal: AbortSignal; readonly onProgress: (bytes: number) => void },
): Promise<number> {
  const part = `${path}.part`;
  const file = createWriteStream(part, { signal: options.signal });
  const failed = once(file, 'error').then(([error]) => Promise.reject(fileError(path, error)));
  // Looked at only while something is written.
  failed.catch(() => undefined);
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      bytes += Buffer.byteLength(piece);
      if (!file.write(piece)) await Promise.race([once(file, 'drain'), failed]);
      options.onProgress(bytes);
    }
    const closed = once(file, 'close');
    file.end();
    await Promise.race([closed, failed]);
    await rename(part, path);
  } catch (error) {
    file.destroy();
    await rm(part, { force: true });
    throw error;
  }
  return bytes;
}

async function exportToFile(context: CommandContext, output: string, options: ExportOptions): Promise<void> {
  const path = resolve(context.workingDir, output);
  if (options.force !== true && existsSync(path)) {
    throw new AppError('option-invalid', `${path} exists; name another file, or add --force to replace it.`);
  }
  const client = await connectInstance(context, options);
  const now = (): number => performance.now();
  const counter = createCounter(context.stderr, { label: 'Exporting', now });
  const pieces = client.stream('usage.export', queryOf(options));
  let bytes = 0;
  try {
    bytes = await writeWhole(path, pieces, { signal: context.signal, onProgress: counter.update });
  } finally {
    counter.end();
  }
  print(context, options, { path, bytes }, `Wrote ${path}, ${formatBytes(bytes)}`);
}

async function runExport(context: CommandContext, options: ExportOptions): Promise<void> {
  if (options.output !== undefined) return exportToFile(context, options.output, options);
  if (options.json === true) {
    throw new AppError('option-invalid', '--json needs --output <file>: what is exported is CSV.');
  }
  const client = await connectInstance(context, options);
  for await (const piece of client.stream('usage.export', queryOf(options))) context.stdout.write(piece);
}

const withRange = (command: Command): Command =>
  command
    .requiredOption('--from <time>', 'from then on, 2026-01-01 or 2026-01-01T12:00:00Z')
    .option('--to <time>', 'until then (default: now)')
    .option('--account-id <id>', 'only of this account')
    .option('--project-id <id>', 'only of this project');

/** `cloudstage usage …`. */
export function addUsageCommands(program: Command, context: CommandContext): void {
  const usage = addGroup(program, 'usage', 'usage: how long concurrencies were used, by whom');
  withRange(
    addCommand(usage, {
      usage: 'totals',
      description: 'active and idle time by day and project',
      target: 'instance',
      examples: ['usage totals --from 2026-01-01 --to 2026-02-01'],
    }),
  ).action((options) => runTotals(context, options));
  withRange(
    addCommand(usage, {
      usage: 'export',
      description: 'write every record of use as CSV',
      target: 'instance',
      examples: [
        'usage export --from 2026-01-01 --to 2026-02-01 --output january.csv',
        'usage export --from 2026-01-31 --project-id cap-b5c6d7e8 | gzip > day.csv.gz',
      ],
    }),
  )
    .option('--output <file>', 'file to write, whole or not at all (default: standard output)')
    .option('--force', 'replace the file')
    .action((options) => runExport(context, options));
}
