import type { Command } from 'commander';
import { renderTable, shortTime } from '../output/table.js';
import { addCommand, addGroup } from './command.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { parseCount, parseTime } from './options.js';

interface AuditOptions extends InstanceOptions {
  readonly accountId?: string;
  readonly secretId?: string;
  readonly action?: string;
  readonly requestId?: string;
  readonly target?: string;
  readonly outcome?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cursor?: string;
  readonly limit: string;
}

async function runList(context: CommandContext, options: AuditOptions): Promise<void> {
  const { json: _json, config: _config, from, to, limit, ...conditions } = options;
  const page = await (await connectInstance(context, options)).call('audit.list', {
    ...conditions,
    limit: parseCount('--limit', limit),
    ...(from === undefined ? {} : { from: parseTime('--from', from) }),
    ...(to === undefined ? {} : { to: parseTime('--to', to) }),
  });
  const table = renderTable(
    page.entries,
    [
      ['TIME', (row) => shortTime(row.at)],
      ['ACTION', (row) => row.action],
      ['RESULT', (row) => row.outcome ?? 'unknown'],
      ['BY', (row) => row.secretId || row.actor],
      ['FROM', (row) => row.sourceAddress || '-'],
      ['TARGETS', (row) => row.targets.join(',') || '-'],
      ['REQUEST', (row) => row.requestId],
    ],
    'No entries.',
  );
  const more = page.nextCursor === null ? '' : `\nOlder ones: add --cursor ${page.nextCursor}`;
  print(context, options, page, `${table}${more}`);
}

/** `cloudstage audit …`. */
export function addAuditCommands(program: Command, context: CommandContext): void {
  const audit = addGroup(program, 'audit', 'audit log: who changed what, and when');
  addCommand(audit, {
    usage: 'list',
    description: 'list entries, newest first',
    target: 'instance',
    examples: ['audit list --from 2026-01-31', 'audit list --target app-x1y2z3a4 --json'],
  })
    .option('--account-id <id>', 'only of this account')
    .option('--secret-id <id>', 'only by this key')
    .option('--action <name>', 'only this action')
    .option('--request-id <id>', 'only of this request')
    .option('--target <id>', 'only about this application, version, project, …')
    .option('--outcome <code>', '"ok", a code, or "unknown"')
    .option('--from <time>', 'at or after')
    .option('--to <time>', 'before')
    .option('--limit <n>', 'entries of a page', '100')
    .option('--cursor <cursor>', 'where the page before ended')
    .action((options) => runList(context, options));
}
