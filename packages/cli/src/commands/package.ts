import type { Command } from 'commander';
import { addCommand, addGroup } from './command.js';
import type { CommandContext } from './context.js';
import { addPackageGrantCommands } from './package-grant.js';
import {
  runPackageBind,
  runPackageList,
  runPackageRename,
  runPackageReset,
  runPackageSummary,
  runPackageUnbind,
} from './package-use.js';

function addUse(group: Command, context: CommandContext): void {
  addCommand(group, {
    usage: 'list',
    description: 'list packages, newest first',
    target: 'api',
    examples: ['package list', 'package list --project-id cap-b5c6d7e8'],
  })
    .option('--project-id <id>', 'only those bound to this project')
    .action((options) => runPackageList(context, options));
  addCommand(group, {
    usage: 'summary',
    description: 'how many concurrencies the account has',
    target: 'api',
    examples: ['package summary'],
  }).action((options) => runPackageSummary(context, options));
  addCommand(group, {
    usage: 'bind <package-ids...>',
    description: 'give packages to a project of the same size; a bound one moves',
    target: 'api',
    examples: ['package bind cac-d9e0f1a2 --project-id cap-b5c6d7e8'],
  })
    .requiredOption('--project-id <id>', 'project')
    .action((ids, options) => runPackageBind(context, ids, options));
  addCommand(group, {
    usage: 'unbind <package-ids...>',
    description: 'take packages from their project; running sessions go on to their end',
    target: 'api',
    examples: ['package unbind cac-d9e0f1a2'],
  })
    .option('--project-id <id>', 'only from this project')
    .action((ids, options) => runPackageUnbind(context, ids, options));
  addCommand(group, {
    usage: 'rename <package-id>',
    description: 'rename a package',
    target: 'api',
    examples: ['package rename cac-d9e0f1a2 --name weekend'],
  })
    .requiredOption('--name <name>', 'new name')
    .action((id, options) => runPackageRename(context, id, options));
  addCommand(group, {
    usage: 'reset <package-ids...>',
    description: 'disconnect every user of the packages',
    target: 'api',
    examples: ['package reset cac-d9e0f1a2 --yes'],
  })
    .option('--yes', 'do not ask')
    .action((ids, options) => runPackageReset(context, ids, options));
}

/** `cloudstage package …`. */
export function addPackageCommands(program: Command, context: CommandContext): void {
  const group = addGroup(program, 'package', 'concurrency packages: how many users can be served at once');
  addUse(group, context);
  addPackageGrantCommands(group, context);
}
