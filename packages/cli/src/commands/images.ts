import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes } from '../output/progress.js';
import { renderTable, shortTime } from '../output/table.js';
import { addCommand, addGroup } from './command.js';
import { type ConfirmOptions, confirm } from './confirm.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';

interface AccountOptions extends InstanceOptions {
  readonly accountId?: string;
}

const ofAccount = ({ accountId }: AccountOptions) => (accountId === undefined ? {} : { accountId });

async function runAdd(context: CommandContext, file: string, options: AccountOptions & { readonly name?: string }) {
  const path = resolve(context.workingDir, file);
  const client = await connectInstance(context, options);
  const image = await client.call('image.add', {
    ...ofAccount(options),
    name: options.name ?? basename(path),
    path,
  });
  const next = `cloudstage project update <project-id> --background-image ${image.id}`;
  print(context, options, image, `Added "${image.name}": ${image.id}\nNext: ${next}`);
}

async function runList(context: CommandContext, options: AccountOptions): Promise<void> {
  const images = await (await connectInstance(context, options)).call('image.list', ofAccount(options));
  const text = renderTable(
    images,
    [
      ['ID', (row) => row.id],
      ['NAME', (row) => row.name],
      ['TYPE', (row) => row.contentType],
      ['SIZE', (row) => formatBytes(row.sizeBytes)],
      ['ACCOUNT', (row) => row.accountId],
      ['PROJECTS', (row) => row.projectIds.join(',') || null],
      ['ADDED', (row) => shortTime(row.createdAt)],
      ['URL', (row) => row.url],
    ],
    'No background images. "cloudstage images add <file>" adds one.',
  );
  print(context, options, images, text);
}

async function runRemove(context: CommandContext, ids: readonly string[], options: InstanceOptions & ConfirmOptions) {
  await confirm(context, options, `Remove ${ids.join(', ')}`);
  const client = await connectInstance(context, options);
  for (const imageId of ids) await client.call('image.remove', { imageId });
  print(context, options, { imageIds: ids }, `Removed: ${ids.join(', ')}`);
}

/** `cloudstage images …`. */
export function addImageCommands(program: Command, context: CommandContext): void {
  const images = addGroup(program, 'images', 'background images: what a page shows until the first frame');
  const add = (usage: string, description: string, ...examples: readonly string[]): Command =>
    addCommand(images, { usage, description, target: 'instance', examples });
  add('add <file>', 'store a PNG, JPEG or WebP file of at most 2 MB', 'images add loading.png --name loading')
    .option('--name <name>', 'name (default: that of the file)')
    .option('--account-id <id>', 'account whose projects may show it (default: the first one)')
    .action((file, options) => runAdd(context, file, options));
  add('list', 'list background images and the projects that show them', 'images list')
    .option('--account-id <id>', 'only of this account')
    .action((options) => runList(context, options));
  add('remove <image-ids...>', 'remove pictures that no project shows', 'images remove cf-a1b2c3d4 --yes')
    .option('--yes', 'do not ask')
    .action((ids, options) => runRemove(context, ids, options));
}
