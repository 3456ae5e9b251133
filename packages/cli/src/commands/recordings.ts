import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes } from '../output/progress.js';
import { renderTable, shortTime } from '../output/table.js';
import { addCommand, addGroup } from './command.js';
import { type ConfirmOptions, confirm } from './confirm.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { parseCount } from './options.js';

/** `1:02:03`, or a sign that the end of the file is unknown. PURE. */
export function lengthText(durationMs: number | null): string {
  if (durationMs === null) return 'cut short';
  const seconds = Math.floor(durationMs / 1_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

interface ListOptions extends InstanceOptions {
  readonly sessionId?: string;
  readonly projectId?: string;
  readonly limit: string;
}

async function runList(context: CommandContext, options: ListOptions): Promise<void> {
  const { sessionId, projectId } = options;
  const found = await (await connectInstance(context, options)).call('recording.list', {
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(projectId === undefined ? {} : { projectId }),
    limit: parseCount('--limit', options.limit),
  });
  const text = renderTable(
    found,
    [
      ['ID', (row) => row.id],
      ['BEGAN', (row) => shortTime(row.startedAt)],
      ['LENGTH', (row) => lengthText(row.durationMs)],
      ['SIZE', (row) => formatBytes(row.sizeBytes)],
      ['SESSION', (row) => row.sessionId],
      ['USER', (row) => row.userId],
      ['PROJECT', (row) => row.projectId],
    ],
    'No recordings. "cloudstage recordings on <project-id>" records the sessions of a project.',
  );
  print(context, options, found, text);
}

async function runSet(context: CommandContext, ids: readonly string[], options: InstanceOptions, isRecorded: boolean) {
  const client = await connectInstance(context, options);
  for (const projectId of ids) await client.call('recording.set', { projectId, isRecorded });
  const what = isRecorded ? 'Sessions that begin from now on are recorded' : 'New sessions are no longer recorded';
  print(context, options, { projectIds: ids, isRecorded }, `${what}: ${ids.join(', ')}`);
}

async function runSave(context: CommandContext, recordingId: string, file: string, options: InstanceOptions) {
  const path = resolve(context.workingDir, file);
  const saved = await (await connectInstance(context, options)).call('recording.save', { recordingId, path });
  print(context, options, saved, `Saved ${formatBytes(saved.sizeBytes)}: ${path}`);
}

async function runDelete(context: CommandContext, ids: readonly string[], options: InstanceOptions & ConfirmOptions) {
  await confirm(context, options, `Delete ${ids.join(', ')}`);
  const client = await connectInstance(context, options);
  for (const recordingId of ids) await client.call('recording.delete', { recordingId });
  print(context, options, { recordingIds: ids }, `Deleted: ${ids.join(', ')}`);
}

/** `cloudstage recordings …`. */
export function addRecordingCommands(program: Command, context: CommandContext): void {
  const recordings = addGroup(program, 'recordings', 'recordings of sessions: picture and sound as MP4 files');
  const add = (usage: string, description: string, ...examples: readonly string[]): Command =>
    addCommand(recordings, { usage, description, target: 'instance', examples });
  add('on <project-ids...>', 'record sessions of projects that begin from now on', 'recordings on cap-a1b2c3d4').action(
    (ids, options) => runSet(context, ids, options, true),
  );
  add('off <project-ids...>', 'record new sessions of projects no more', 'recordings off cap-a1b2c3d4').action(
    (ids, options) => runSet(context, ids, options, false),
  );
  add('list', 'list recordings, the newest first', 'recordings list --project-id cap-a1b2c3d4')
    .option('--session-id <id>', 'only of this session')
    .option('--project-id <id>', 'only of this project')
    .option('--limit <count>', 'how many at most', '100')
    .action((options) => runList(context, options));
  add('save <recording-id> <file>', 'write a recording to a new file', 'recordings save rec-… session.mp4').action(
    (id, file, options) => runSave(context, id, file, options),
  );
  add('delete <recording-ids...>', 'delete recordings', 'recordings delete rec-… --yes')
    .option('--yes', 'do not ask')
    .action((ids, options) => runDelete(context, ids, options));
}
