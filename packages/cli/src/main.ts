import { homedir } from 'node:os';
import { AppError } from '@cloudstage/protocol';
import { CommanderError } from 'commander';
import type { CommandContext } from './commands/context.js';
import { renderError } from './errors-shown.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { createProgram } from './program.js';

/** The `cloudstage` command. What a command throws is printed for people, or as JSON; a trace is for bugs only. */
const json = process.argv.includes('--json');
const stop = new AbortController();
let exitCode: number = exitCodes.done;

const context: CommandContext = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  environment: process.env,
  workingDir: process.cwd(),
  homeDir: homedir(),
  signal: stop.signal,
  setExitCode: (code) => {
    exitCode = code;
  },
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.outputClosed);
  throw error;
});
const program = createProgram(context);
// `up` ends in order and watches for signals by itself; a second Ctrl-C always ends the process.
program.hook('preAction', (_program, command) => {
  if (command.name() === 'up') return;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new AppError('interrupted', 'Interrupted.')));
  }
});
const interrupted = new Promise<never>((_resolve, reject) => {
  stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
});
try {
  // Nothing needs to be undone: what a command has begun can be repeated, and an upload goes on where it was.
  await Promise.race([program.parseAsync(), interrupted]);
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has written help, version or what is wrong by itself.
    exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  } else {
    process.stderr.write(`${renderError(error, json)}\n`);
    exitCode = exitCodeOf(error);
  }
}
// Everything is closed by now; a handle that some library keeps must not keep the process.
process.exit(exitCode);
