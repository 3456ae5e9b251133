import { Command } from 'commander';
import { addAccountCommands } from './commands/accounts.js';
import { addAppCommands } from './commands/app.js';
import { addAuditCommands } from './commands/audit.js';
import { addCarCliCommands } from './commands/car-cli.js';
import { runConfigure } from './commands/configure.js';
import type { CommandContext } from './commands/context.js';
import { addImageCommands } from './commands/images.js';
import { addKeyCommands } from './commands/keys.js';
import { addNodeCommands } from './commands/nodes.js';
import { addPackageCommands } from './commands/package.js';
import { addProjectCommands } from './commands/project.js';
import { addRecordingCommands } from './commands/recordings.js';
import { addSessionCommands } from './commands/sessions.js';
import { addUsageCommands } from './commands/usage.js';
import { completionScript } from './completion/scripts.js';
import { completionTree } from './completion/tree.js';

/** The command line. Commands reject with AppError; what ends with another code than 0 tells it to the context. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('cloudstage').description('Self-hosted cloud application rendering').version('0.1.0');
  // Taken over by the groups that are added after it.
  program.showHelpAfterError('Add --help for what it takes.').exitOverride();
  addInstanceCommands(program, context);
  addOwnCommands(program, context);
  addCarCliCommands(program, context);
  addAppCommands(program, context);
  addProjectCommands(program, context);
  addPackageCommands(program, context);
  addImageCommands(program, context);
  addSessionCommands(program, context);
  addRecordingCommands(program, context);
  addUsageCommands(program, context);
  addNodeCommands(program, context);
  addAccountCommands(program, context);
  addKeyCommands(program, context);
  addAuditCommands(program, context);
  return program;
}

/** Commands about the command itself. */
function addOwnCommands(program: Command, context: CommandContext): void {
  program
    .command('configure')
    .description('tell this command where the cloud API is, and the access key; kept for this user only')
    .option('--endpoint <url>', 'URL of the cloud API')
    .option('--secret-id <id>', 'access key')
    .option('--no-check', 'do not try the key first')
    .option('--json', 'print the answer as JSON')
    .action((options) => runConfigure(context, options));
  program
    .command('completion <shell>')
    .description('print the completion script of bash, zsh or fish')
    .addHelpText('after', '\nExample:\n  $ cloudstage completion bash > /etc/bash_completion.d/cloudstage')
    .action((shell: string) => {
      context.stdout.write(`${completionScript(shell, completionTree(program))}\n`);
    });
}

function addInstanceCommands(program: Command, context: CommandContext): void {
  program
    .command('up')
    .description('run everything on this machine: control plane, render node, demo')
    .option('--config <file>', 'configuration file (default: cloudstage.yaml, if there is one)')
    .option('--print-config', 'print the configuration in force, with secrets redacted, and end')
    .action(async (options) => {
      const { runUp } = await import('./commands/up.js');
      context.setExitCode(await runUp(options));
    });
  program
    .command('config')
    .description('the configuration file of an instance')
    .command('init')
    .description('write the annotated default file')
    .option('--file <file>', 'where to (default: cloudstage.yaml)')
    .option('--force', 'write over an existing file')
    .action(async (options) => {
      const { runConfigInit } = await import('./commands/config.js');
      context.setExitCode(runConfigInit(options));
    });
}
