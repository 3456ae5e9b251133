import type { AccessKeySummary, NewAccessKey } from '@cloudstage/control-plane';
import type { Command } from 'commander';
import { renderTable, shortTime } from '../output/table.js';
import { addCommand, addGroup } from './command.js';
import { type ConfirmOptions, confirm } from './confirm.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';
import { parseDuration, parseList, parseTime } from './options.js';

interface SettingOptions {
  readonly name?: string;
  readonly permissions?: string;
  readonly from?: string;
  readonly expires?: string;
}

/** The settings that options stand for; only those that were given. PURE. @throws AppError `option-invalid` */
export function keySettings(options: SettingOptions) {
  const { name, permissions, from, expires } = options;
  return {
    ...(name === undefined ? {} : { name }),
    ...(permissions === undefined ? {} : { permissions: parseList(permissions) }),
    ...(from === undefined ? {} : { sourceRanges: parseList(from) }),
    ...(expires === undefined ? {} : { expiresAt: expires === 'never' ? null : parseTime('--expires', expires) }),
  };
}

function stateOf(key: AccessKeySummary, now: number): string {
  if (!key.enabled) return 'disabled';
  return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'enabled';
}

function newKeyText(key: NewAccessKey): string {
  return `SecretId   ${key.secretId}\nSecretKey  ${key.secretKey}\nThe secret is shown only now; keep it.`;
}

async function runList(context: CommandContext, options: InstanceOptions & { readonly accountId?: string }) {
  const { accountId } = options;
  const client = await connectInstance(context, options);
  const keys = await client.call('key.list', accountId === undefined ? {} : { accountId });
  const now = Date.now();
  const text = renderTable(
    keys,
    [
      ['SECRET ID', (row) => row.secretId],
      ['NAME', (row) => row.name || '-'],
      ['STATE', (row) => stateOf(row, now)],
      ['ACCOUNT', (row) => row.accountId],
      ['PERMISSIONS', (row) => row.permissions.join(',')],
      ['FROM', (row) => row.sourceRanges.join(',') || 'everywhere'],
      ['EXPIRES', (row) => (row.expiresAt === null ? 'never' : shortTime(row.expiresAt))],
      ['LAST USED', (row) => (row.lastUsedAt === null ? 'never' : shortTime(row.lastUsedAt))],
    ],
    'No keys.',
  );
  print(context, options, keys, text);
}

async function runCreate(
  context: CommandContext,
  options: InstanceOptions & SettingOptions & { readonly accountId?: string },
): Promise<void> {
  const { accountId } = options;
  const input = { ...keySettings(options), ...(accountId === undefined ? {} : { accountId }) };
  const key = await (await connectInstance(context, options)).call('key.create', input);
  print(context, options, key, newKeyText(key));
}

async function runModify(context: CommandContext, secretId: string, options: InstanceOptions & SettingOptions) {
  const input = { secretId, ...keySettings(options) };
  const key = await (await connectInstance(context, options)).call('key.modify', input);
  print(context, options, key, 'Changed.');
}

async function runSwitch(
  context: CommandContext,
  what: 'enable' | 'disable',
  secretId: string,
  options: InstanceOptions,
): Promise<void> {
  const answer = await (await connectInstance(context, options)).call(`key.${what}`, { secretId });
  print(context, options, answer, what === 'enable' ? 'Enabled.' : 'Disabled: requests with it are refused.');
}

async function runRotate(
  context: CommandContext,
  secretId: string,
  options: InstanceOptions & { readonly keepOld: string },
) {
  const oldValidUntil = Date.now() + parseDuration('--keep-old', options.keepOld);
  const key = await (await connectInstance(context, options)).call('key.rotate', { secretId, oldValidUntil });
  print(
    context,
    options,
    key,
    `${newKeyText(key)}\nThe old key is valid until ${shortTime(oldValidUntil)} at the longest.`,
  );
}

async function runDelete(context: CommandContext, secretId: string, options: InstanceOptions & ConfirmOptions) {
  await confirm(context, options, `Delete the key ${secretId}`);
  const answer = await (await connectInstance(context, options)).call('key.delete', { secretId });
  print(context, options, answer, 'Deleted.');
}

async function runReseal(context: CommandContext, options: InstanceOptions): Promise<void> {
  const answer = await (await connectInstance(context, options)).call('key.reseal', {});
  const lost = answer.unreadable.length === 0 ? '' : `\nNo master key opens: ${answer.unreadable.join(', ')}`;
  print(context, options, answer, `Sealed anew: ${answer.resealed}; were so already: ${answer.current}${lost}`);
}

function withSettings(command: Command): Command {
  return command
    .option('--name <name>', 'a note for people')
    .option('--permissions <a,b>', 'what it may do: car:*, car:CreateSession, car:Describe*')
    .option('--from <ranges>', 'addresses and ranges it may be used from; empty: everywhere')
    .option('--expires <time>', 'end of its validity, 2026-12-31 or never');
}

/** `cloudstage keys …`. */
export function addKeyCommands(program: Command, context: CommandContext): void {
  const keys = addGroup(program, 'keys', 'access keys of the cloud API');
  const add = (usage: string, description: string, ...examples: readonly string[]): Command =>
    addCommand(keys, { usage, description, target: 'instance', examples });
  add('list', 'list keys, without their secrets', 'keys list')
    .option('--account-id <id>', 'only of this account')
    .action((options) => runList(context, options));
  withSettings(
    add(
      'create',
      'make a key; its secret is shown once',
      'keys create --name backend --permissions car:ApplyConcurrent,car:CreateSession,car:DestroySession',
      'keys create --from 192.0.2.0/24 --expires 2026-12-31',
    ).option('--account-id <id>', 'account (default: the first one)'),
  ).action((options) => runCreate(context, options));
  withSettings(add('modify <secret-id>', 'change a key', 'keys modify AKIDx --permissions "car:Describe*"')).action(
    (id, options) => runModify(context, id, options),
  );
  add('disable <secret-id>', 'refuse a key', 'keys disable AKIDx').action((id, options) =>
    runSwitch(context, 'disable', id, options),
  );
  add('enable <secret-id>', 'accept a key again', 'keys enable AKIDx').action((id, options) =>
    runSwitch(context, 'enable', id, options),
  );
  add('rotate <secret-id>', 'make a second key with the same settings; the old one ends later', 'keys rotate AKIDx')
    .option('--keep-old <time>', 'how long the old key is still valid', '24h')
    .action((id, options) => runRotate(context, id, options));
  add('delete <secret-id>', 'remove a key that is disabled or expired', 'keys delete AKIDx --yes')
    .option('--yes', 'do not ask')
    .action((id, options) => runDelete(context, id, options));
  add('reseal', 'seal all secrets with the present master key, after it was changed', 'keys reseal').action((options) =>
    runReseal(context, options),
  );
}
