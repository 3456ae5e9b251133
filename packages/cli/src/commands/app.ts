import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import type { Command } from 'commander';
import { runAppConfigure, runAppList, runAppPaths, runAppShow } from './app-settings.js';
import { runAppDelete, runAppPublish, runAppRollback, runAppVersions } from './app-versions.js';
import { addCommand, addGroup } from './command.js';
import { type CommandContext, connectInstance, type InstanceOptions, print } from './context.js';

/** Options of `cloudstage app add`. */
interface AppAddOptions extends InstanceOptions {
  readonly name: string;
  readonly archive: string;
  readonly entry: string;
  readonly args?: readonly string[];
}

/** One value alone is a whole command line, as in the cloud API; several are taken as the shell has split them. */
export async function programArguments(values: readonly string[]): Promise<string[]> {
  const [only] = values;
  if (only === undefined || values.length > 1) return [...values];
  const { splitArguments } = await import('@cloudstage/control-plane');
  return splitArguments(only);
}

async function runAppAdd(context: CommandContext, options: AppAddOptions): Promise<void> {
  const archivePath = resolve(context.workingDir, options.archive);
  if (!existsSync(archivePath)) throw new AppError('option-invalid', `--archive: ${archivePath} does not exist`);
  const client = await connectInstance(context, options);
  const answer = await client.call('application.add', {
    name: options.name,
    archivePath,
    entryPath: options.entry,
    args: await programArguments(options.args ?? []),
  });
  const what = answer.created ? 'Registered' : 'There is already';
  print(context, options, answer, `${what} "${options.name}": ${answer.applicationId}`);
}

function addReading(app: Command, context: CommandContext): void {
  addCommand(app, {
    usage: 'list',
    description: 'list applications',
    target: 'api',
    examples: ['app list', 'app list --json'],
  }).action((options) => runAppList(context, options));
  addCommand(app, {
    usage: 'show <app-id>',
    description: 'settings and state of an application',
    target: 'api',
    examples: ['app show app-x1y2z3a4'],
  }).action((id, options) => runAppShow(context, id, options));
  addCommand(app, {
    usage: 'versions <app-id>',
    description: 'list the versions of an application, newest first',
    target: 'api',
    examples: ['app versions app-x1y2z3a4'],
  }).action((id, options) => runAppVersions(context, id, options));
  addCommand(app, {
    usage: 'paths <app-id>',
    description: 'list the programs in the package, from which one is configured',
    target: 'api',
    examples: ['app paths app-x1y2z3a4', 'app paths app-x1y2z3a4 --version-id ver-b5c6d7e8'],
  })
    .option('--version-id <id>', 'version (default: the newest one with a package)')
    .action((id, options) => runAppPaths(context, id, options));
}

function addChanging(app: Command, context: CommandContext): void {
  addCommand(app, {
    usage: 'configure <app-id>',
    description: 'set what is run, and how; what is not given stays as it is',
    target: 'api',
    examples: [
      'app configure app-x1y2z3a4 --exe bin/game --args="-fullscreen -lang en"',
      'app configure app-x1y2z3a4 --window-name "My game"',
    ],
  })
    .option('--exe <path>', 'program inside the package')
    .option('--args <text>', 'arguments of the program, as one text')
    .option('--processes <a,b>', 'process names')
    .option('--name <name>', 'new name of the application')
    .option('--window-name <title>', 'show only the window with this title')
    .option('--window-class <class>', 'show only the window of this class')
    .option('--desktop', 'show the whole desktop again')
    .action((id, options) => runAppConfigure(context, id, options));
  addCommand(app, {
    usage: 'publish <app-id>',
    description: 'put a version online; running sessions keep theirs',
    target: 'api',
    examples: ['app publish app-x1y2z3a4 --version-id ver-b5c6d7e8'],
  })
    .requiredOption('--version-id <id>', 'version')
    .action((id, options) => runAppPublish(context, id, options));
  addCommand(app, {
    usage: 'rollback <app-id>',
    description: 'put a former version online again',
    target: 'api',
    examples: ['app rollback app-x1y2z3a4'],
  })
    .option('--version-id <id>', 'version (default: the newest one that was online and is older than the present one)')
    .action((id, options) => runAppRollback(context, id, options));
  addCommand(app, {
    usage: 'delete <app-id>',
    description: 'delete an application, or one version of it',
    target: 'api',
    examples: ['app delete app-x1y2z3a4 --version-id ver-b5c6d7e8', 'app delete app-x1y2z3a4 --yes'],
  })
    .option('--version-id <id>', 'delete only this version')
    .option('--yes', 'do not ask')
    .action((id, options) => runAppDelete(context, id, options));
}

/** `cloudstage app …`. */
export function addAppCommands(program: Command, context: CommandContext): void {
  const app = addGroup(program, 'app', 'applications: programs that were uploaded');
  addReading(app, context);
  addChanging(app, context);
  addCommand(app, {
    usage: 'add',
    description: 'register a program from an archive on this machine and put it online, in one step',
    target: 'instance',
    examples: ['app add --name "My game" --archive ./game.zip --entry bin/game --args="-fullscreen"'],
  })
    .requiredOption('--name <name>', 'name, unique on this instance')
    .requiredOption('--archive <file>', 'package')
    .requiredOption('--entry <path>', 'program inside the package')
    .option('--args <args...>', 'arguments of the program; as one text, --args="--flag value", or as several')
    .action((options) => runAppAdd(context, options));
}
