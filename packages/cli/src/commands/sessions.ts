import type { Command } from 'commander';
import { renderTable, shortTime } from '../output/table.js';
import { addCommand, addGroup } from './command.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';

async function runSessionsList(context: CommandContext, options: InstanceOptions): Promise<void> {
  const client = await connectInstance(context, options);
  const sessions = await client.call('session.list', {});
  const text = renderTable(
    sessions,
    [
      ['ID', (row) => row.sessionId],
      ['STATE', (row) => row.state],
      ['SLOT', (row) => `${row.nodeId}/${row.slotIndex}`],
      ['USER', (row) => row.userId],
      ['PROJECT', (row) => row.projectId],
      ['CREATED', (row) => shortTime(row.createdAt)],
    ],
    'No sessions.',
  );
  print(context, options, sessions, text);
}

async function runSessionsKick(context: CommandContext, ids: readonly string[], options: InstanceOptions) {
  const client = await connectInstance(context, options);
  for (const sessionId of ids) await client.call('session.kick', { sessionId });
  print(context, options, { sessionIds: ids }, `Ended: ${ids.join(', ')}`);
}

/** `cloudstage sessions …`. */
export function addSessionCommands(program: Command, context: CommandContext): void {
  const sessions = addGroup(program, 'sessions', 'sessions: who plays what, where');
  addCommand(sessions, {
    usage: 'list',
    description: 'list the sessions that have not ended',
    target: 'instance',
    examples: ['sessions list'],
  }).action((options) => runSessionsList(context, options));
  addCommand(sessions, {
    usage: 'kick <session-ids...>',
    description: 'end sessions now; their end reason is "kicked"',
    target: 'instance',
    examples: ['sessions kick 6a4e4d0e-8b1c-4f0f-9a55-0d9f4f3e2b10'],
  }).action((ids, options) => runSessionsKick(context, ids, options));
}
