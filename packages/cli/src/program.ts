import { Command } from 'commander';
import {
  type AppAddOptions,
  type ProjectAddOptions,
  runAppAdd,
  runProjectAdd,
  runSessionsList,
} from './commands/admin.js';
import { runConfigInit } from './commands/config.js';
import { runUp } from './commands/up.js';

const configOption = ['--config <file>', 'configuration file (default: cloudstage.yaml, if there is one)'] as const;
const jsonOption = ['--json', 'print the answer as JSON'] as const;

/** The command line. `setExitCode` gets the code of the command that ran; commands reject with AppError. */
export function createProgram(setExitCode: (code: number) => void): Command {
  const program = new Command('cloudstage').description('Self-hosted cloud application rendering').version('0.1.0');
  program
    .command('up')
    .description('run everything on this machine: control plane, render node, demo')
    .option(...configOption)
    .option('--print-config', 'print the configuration in force, with secrets redacted, and end')
    .action(async (options) => setExitCode(await runUp(options)));
  program
    .command('config')
    .description('the configuration file')
    .command('init')
    .description('write the annotated default file')
    .option('--file <file>', 'where to (default: cloudstage.yaml)')
    .option('--force', 'write over an existing file')
    .action((options) => setExitCode(runConfigInit(options)));
  addApplicationCommands(program, setExitCode);
  program
    .command('sessions')
    .description('sessions of the running instance')
    .command('list')
    .description('list the sessions that have not ended')
    .option(...configOption)
    .option(...jsonOption)
    .action(async (options) => setExitCode(await runSessionsList(options)));
  return program;
}

function addApplicationCommands(program: Command, setExitCode: (code: number) => void): void {
  program
    .command('app')
    .description('programs of the running instance')
    .command('add')
    .description('upload a package and register it as an application')
    .requiredOption('--name <name>', 'name, unique on this instance')
    .requiredOption('--archive <file>', 'package: .zip or .tar.gz')
    .requiredOption('--entry <path>', 'program inside the package')
    .option('--args <args...>', 'arguments of the program; as one text, --args="--flag value", or as several')
    .option(...configOption)
    .option(...jsonOption)
    .action(async (options: AppAddOptions) => setExitCode(await runAppAdd(options)));
  program
    .command('project')
    .description('projects of the running instance')
    .command('add')
    .description('make a project: how an application is run and streamed')
    .requiredOption('--name <name>', 'name, unique on this instance')
    .requiredOption('--application <id>', 'application')
    .option('--resolution <WxH>', 'size of the desktop in pixels', '1280x720')
    .option('--fps <n>', 'highest frame rate', '60')
    .option('--max-bitrate-mbps <n>', 'highest bit rate in Mbit/s', '8')
    .option(...configOption)
    .option(...jsonOption)
    .action(async (options: ProjectAddOptions) => setExitCode(await runProjectAdd(options)));
}
