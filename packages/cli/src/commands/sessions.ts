import { sessionEndReasons } from '@cloudstage/protocol';
import type { Command } from 'commander';
import { liveStates } from '../admin/operations/sessions.js';
import { addCommand, addGroup } from './command.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { runSessionsHistory, runSessionsList, runSessionsShow, runSessionsTail } from './sessions-read.js';

async function runSessionsKick(context: CommandContext, ids: readonly string[], options: InstanceOptions) {
  const client = await connectInstance(context, options);
  for (const sessionId of ids) await client.call('session.kick', { sessionId });
  print(context, options, { sessionIds: ids }, `Ended: ${ids.join(', ')}`);
}

const withFilters = (command: Command): Command =>
  command
    .option('--account-id <id>', 'only of this account')
    .option('--project-id <id>', 'only of this project')
    .option('--user-id <id>', 'only of this user')
    .option('--node-id <id>', 'only on this node');

const exampleId = 'ses-x1y2z3a4b5c6';

function addReading(sessions: Command, context: CommandContext): void {
  const add = (usage: string, description: string, ...examples: readonly string[]): Command =>
    addCommand(sessions, { usage, description, target: 'instance', examples });
  withFilters(add('list', 'list the sessions that have not ended', 'sessions list', 'sessions list --state running'))
    .option('--state <a,b>', `only in these states: ${liveStates.join(', ')}`)
    .action((options) => runSessionsList(context, options));
  add('show <session-id>', 'one session, its use and what has happened to it', `sessions show ${exampleId}`).action(
    (id, options) => runSessionsShow(context, id, options),
  );
  withFilters(
    add(
      'history',
      'list sessions that have ended, newest first',
      'sessions history --from 2026-01-31 --reason program-crash,node-lost',
      'sessions history --user-id alice --json',
    ),
  )
    .option('--reason <a,b>', `only those that ended for these reasons: ${sessionEndReasons.join(', ')}`)
    .option('--from <time>', 'created at or after')
    .option('--to <time>', 'created before')
    .option('--limit <n>', 'sessions of a page', '50')
    .option('--cursor <cursor>', 'where the page before ended')
    .action((options) => runSessionsHistory(context, options));
  add('tail', 'show what happens to sessions, as it happens', 'sessions tail', 'sessions tail --json')
    .option('--account-id <id>', 'only of this account')
    .action((options) => runSessionsTail(context, options));
}

/** `cloudstage sessions …`. */
export function addSessionCommands(program: Command, context: CommandContext): void {
  const sessions = addGroup(program, 'sessions', 'sessions: who plays what, where, and who did');
  addReading(sessions, context);
  addCommand(sessions, {
    usage: 'kick <session-ids...>',
    description: 'end sessions now; their end reason is "kicked"',
    target: 'instance',
    examples: [`sessions kick ${exampleId}`],
  }).action((ids, options) => runSessionsKick(context, ids, options));
}
