import type { Command } from 'commander';
import { renderTable, shortTime } from '../output/table.js';
import { addCommand, addGroup } from './command.js';
import { type ConfirmOptions, confirm } from './confirm.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';

async function runList(context: CommandContext, options: InstanceOptions): Promise<void> {
  const accounts = await (await connectInstance(context, options)).call('account.list', {});
  const text = renderTable(
    accounts,
    [
      ['ID', (row) => row.accountId],
      ['NAME', (row) => row.name],
      ['STATE', (row) => (row.enabled ? 'enabled' : 'disabled')],
      ['KEYS', (row) => row.accessKeys],
      ['CREATED', (row) => shortTime(row.createdAt)],
    ],
    'No accounts.',
  );
  print(context, options, accounts, text);
}

async function runCreate(context: CommandContext, options: InstanceOptions & { readonly name: string }): Promise<void> {
  const account = await (await connectInstance(context, options)).call('account.create', { name: options.name });
  const next = `cloudstage keys create --account-id ${account.accountId}`;
  print(context, options, account, `Made account "${account.name}": ${account.accountId}\nNext: ${next}`);
}

async function runDisable(context: CommandContext, accountId: string, options: InstanceOptions & ConfirmOptions) {
  await confirm(context, options, `Disable ${accountId} and its keys`);
  const answer = await (await connectInstance(context, options)).call('account.disable', { accountId });
  print(context, options, answer, 'Disabled: its keys are refused; sessions that run go on.');
}

async function runEnable(context: CommandContext, accountId: string, options: InstanceOptions): Promise<void> {
  const answer = await (await connectInstance(context, options)).call('account.enable', { accountId });
  print(context, options, answer, 'Enabled.');
}

/** `cloudstage accounts …`. */
export function addAccountCommands(program: Command, context: CommandContext): void {
  const accounts = addGroup(program, 'accounts', 'accounts: customers, isolated from each other');
  const add = (usage: string, description: string, ...examples: readonly string[]): Command =>
    addCommand(accounts, { usage, description, target: 'instance', examples });
  add('list', 'list accounts', 'accounts list').action((options) => runList(context, options));
  add('create', 'make an account', 'accounts create --name "Studio North"')
    .requiredOption('--name <name>', 'name')
    .action((options) => runCreate(context, options));
  add('disable <account-id>', 'refuse all keys of an account', 'accounts disable acc-x1y2z3a4 --yes')
    .option('--yes', 'do not ask')
    .action((id, options) => runDisable(context, id, options));
  add('enable <account-id>', 'accept them again', 'accounts enable acc-x1y2z3a4').action((id, options) =>
    runEnable(context, id, options),
  );
}
