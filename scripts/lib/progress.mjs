import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** A long step reports itself this often where there is no terminal to draw on. */
const plainReportMs = 15_000;
const spinnerMs = 120;
/** Lines of output shown when a step fails. */
const tailLines = 40;
const tailChars = 100_000;

/** A step that did not work; `advice` says what to do. */
export class StepError extends Error {
  constructor(message, advice = '') {
    super(advice === '' ? message : `${message}\n\n${advice}`);
    this.name = 'StepError';
  }
}

/** Seconds since `startedAt`, as text. */
function elapsed(startedAt) {
  return `${Math.round((Date.now() - startedAt) / 1000)} s`;
}

/** Draws one step: a spinner with the last line of output on a terminal, plain lines elsewhere. */
function startDrawing(title, lastLine) {
  const startedAt = Date.now();
  const out = process.stderr;
  if (!out.isTTY) {
    out.write(`- ${title}\n`);
    const timer = setInterval(() => out.write(`  … ${elapsed(startedAt)}  ${lastLine()}\n`), plainReportMs);
    return (mark) => {
      clearInterval(timer);
      out.write(`  ${mark} ${elapsed(startedAt)}\n`);
    };
  }
  const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
  let frame = 0;
  const draw = (mark, text) => {
    const line = `${mark} ${title}  ${elapsed(startedAt)}  ${text}`;
    out.write(`\r\x1b[K${line.slice(0, (out.columns ?? 80) - 1)}`);
  };
  const timer = setInterval(() => draw(frames[frame++ % frames.length], lastLine()), spinnerMs);
  return (mark) => {
    clearInterval(timer);
    draw(mark, '');
    out.write('\n');
  };
}

/**
 * Runs one command as a visible step. Its output goes to the set-up log; when it fails, the end of it is shown.
 * @param {string} title what the user reads
 * @param {readonly string[]} command program and arguments
 * @param {{ cwd: string, logFile: string, env?: Record<string, string>, advice?: string }} options
 */
export async function runStep(title, command, options) {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  log.write(`\n=== ${new Date().toISOString()} ${command.join(' ')}\n`);
  let tail = '';
  const stopDrawing = startDrawing(
    title,
    () =>
      tail
        .trimEnd()
        .split(/[\r\n]/)
        .at(-1)
        ?.trim() ?? '',
  );
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      tail = (tail + text).slice(-tailChars);
      log.write(text);
    });
  }
  const reason = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? null : `ended with ${signal ?? `code ${code}`}`));
  });
  log.end();
  stopDrawing(reason === null ? '✓' : '✗');
  if (reason === null) return;
  const shown = tail.trimEnd().split('\n').slice(-tailLines).join('\n');
  throw new StepError(
    `${shown}\n\n${title}: "${command.join(' ')}" ${reason}.\nAll of its output: ${options.logFile}`,
    options.advice,
  );
}

/** Runs a command with the terminal passed through. Resolves with its exit code. */
export function runVisibly(command, options) {
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: 'inherit' });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
