import { concurrencyTypes } from '@cloudstage/cloud-api';
import type { ConcurrentPackage } from '@cloudstage/control-plane';
import type { Command } from 'commander';
import { renderTable, shortTime } from '../output/table.js';
import { addCommand } from './command.js';
import { type ConfirmOptions, confirm } from './confirm.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { parseChoice, parseCount, parseTime } from './options.js';

function parseExpiry(text: string): number | null {
  if (text === 'never') return null;
  return text === 'now' ? Date.now() : parseTime('--expires', text);
}

function packageText(packages: readonly ConcurrentPackage[]): string {
  return renderTable(
    packages,
    [
      ['ID', (row) => row.id],
      ['NAME', (row) => row.name],
      ['ACCOUNT', (row) => row.accountId],
      ['TYPE', (row) => row.type],
      ['REGION', (row) => row.region],
      ['AMOUNT', (row) => row.amount],
      ['AVAILABLE', (row) => row.available],
      ['USING', (row) => row.using],
      ['STATE', (row) => row.status],
      ['PROJECT', (row) => row.projectId],
      ['EXPIRES', (row) => (row.expiresAt === null ? 'never' : shortTime(row.expiresAt))],
    ],
    'No packages.',
  );
}

interface GrantOptions extends InstanceOptions {
  readonly name: string;
  readonly type: string;
  readonly region: string;
  readonly amount: string;
  readonly expires: string;
  readonly accountId?: string;
  readonly force?: boolean;
}

async function runGrant(context: CommandContext, options: GrantOptions): Promise<void> {
  const { accountId } = options;
  const input = {
    name: options.name,
    type: parseChoice('--type', options.type, concurrencyTypes),
    region: options.region,
    amount: parseCount('--amount', options.amount),
    expiresAt: parseExpiry(options.expires),
    force: options.force === true,
    ...(accountId === undefined ? {} : { accountId }),
  };
  const granted = await (await connectInstance(context, options)).call('package.grant', input);
  const next = `cloudstage package bind ${granted.id} --project-id <id>`;
  print(context, options, granted, `Granted ${granted.amount} of ${granted.type}: ${granted.id}\nNext: ${next}`);
}

async function runAll(context: CommandContext, options: InstanceOptions & { readonly accountId?: string }) {
  const { accountId } = options;
  const client = await connectInstance(context, options);
  const packages = await client.call('package.list', accountId === undefined ? {} : { accountId });
  print(context, options, packages, packageText(packages));
}

async function runResize(
  context: CommandContext,
  packageId: string,
  options: InstanceOptions & { readonly amount: string; readonly force?: boolean },
): Promise<void> {
  const input = { packageId, amount: parseCount('--amount', options.amount), force: options.force === true };
  const changed = await (await connectInstance(context, options)).call('package.resize', input);
  print(context, options, changed, `${packageId} has ${changed.amount} now; users above that stay to the end.`);
}

async function runExpire(
  context: CommandContext,
  packageId: string,
  options: InstanceOptions & { readonly expires: string },
): Promise<void> {
  const input = { packageId, expiresAt: parseExpiry(options.expires) };
  const changed = await (await connectInstance(context, options)).call('package.expire', input);
  const until = changed.expiresAt === null ? 'never' : shortTime(changed.expiresAt);
  print(context, options, changed, `${packageId} expires: ${until}. State: ${changed.status}.`);
}

async function runRevoke(context: CommandContext, packageId: string, options: InstanceOptions & ConfirmOptions) {
  await confirm(context, options, `Revoke ${packageId}`);
  const answer = await (await connectInstance(context, options)).call('package.revoke', { packageId });
  print(context, options, answer, 'Revoked: it takes no new users and goes with its last one.');
}

/** The operator's side of `cloudstage package …`. */
export function addPackageGrantCommands(group: Command, context: CommandContext): void {
  const add = (usage: string, description: string, ...examples: readonly string[]): Command =>
    addCommand(group, { usage, description, target: 'instance', examples });
  add(
    'grant',
    'grant a package, which is what a purchase is elsewhere; it is bound to no project yet',
    'package grant --name launch --type L1 --amount 20',
    'package grant --name weekend --type S1 --region ap-tokyo --amount 50 --expires 2026-12-31',
  )
    .requiredOption('--name <name>', 'name')
    .option('--type <size>', 'size of its concurrencies', 'L1')
    .option('--region <region>', 'region of the nodes', 'local')
    .requiredOption('--amount <n>', 'concurrencies')
    .option('--expires <time>', 'end: a time, or never', 'never')
    .option('--account-id <id>', 'account (default: the first one)')
    .option('--force', 'also more than the nodes have')
    .action((options) => runGrant(context, options));
  add('all', 'list the packages of all accounts', 'package all')
    .option('--account-id <id>', 'only of this account')
    .action((options) => runAll(context, options));
  add('resize <package-id>', 'change the amount', 'package resize cac-d9e0f1a2 --amount 30')
    .requiredOption('--amount <n>', 'concurrencies')
    .option('--force', 'also more than the nodes have')
    .action((id, options) => runResize(context, id, options));
  add('expire <package-id>', 'move the expiry', 'package expire cac-d9e0f1a2 --expires 2027-01-31')
    .requiredOption('--expires <time>', 'a time, now, or never')
    .action((id, options) => runExpire(context, id, options));
  add('revoke <package-id>', 'take a package back', 'package revoke cac-d9e0f1a2 --yes')
    .option('--yes', 'do not ask')
    .action((id, options) => runRevoke(context, id, options));
}
