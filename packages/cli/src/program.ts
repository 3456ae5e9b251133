import { Command } from 'commander';
import { addAppCommands } from './commands/app.js';
import type { CommandContext } from './commands/context.js';
import { addProjectCommands } from './commands/project.js';
import { addSessionCommands } from './commands/sessions.js';

/** The command line. Commands reject with AppError; what ends with another code than 0 tells it to the context. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('cloudstage').description('Self-hosted cloud application rendering').version('0.1.0');
  // Taken over by the groups that are added after it.
  program.showHelpAfterError('Add --help for what it takes.').exitOverride();
  addInstanceCommands(program, context);
  addAppCommands(program, context);
  addProjectCommands(program, context);
  addSessionCommands(program, context);
  return program;
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
