import { spawn } from 'node:child_process';
import { AppError } from '@cloudstage/protocol';
import { limits } from './limits.js';

/** Options of {@link runTool}. */
export interface RunToolOptions {
  readonly cwd: string;
  readonly deadlineMs: number;
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws AppError `program-missing` when it is not installed, `tool-failed` with the end of its output otherwise.
 */
export async function runTool(program: string, args: readonly string[], options: RunToolOptions): Promise<string> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(options.deadlineMs),
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  let stdout = '';
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-limits.toolOutputChars);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-limits.toolOutputChars);
    keep(text);
  });
  child.stderr.setEncoding('utf8').on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(startError(program, error)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const end = code === null ? `was ended by ${signal}` : `ended with code ${code}`;
      reject(new AppError('tool-failed', `${program} ${args[0] ?? ''} ${end}:\n${output.trim()}`));
    });
  });
}

function startError(program: string, error: NodeJS.ErrnoException): AppError {
  if (error.code === 'ENOENT') {
    return new AppError('program-missing', `${program} is not installed`, { cause: error, details: { program } });
  }
  return new AppError('tool-failed', `${program}: ${error.message}`, { cause: error });
}
