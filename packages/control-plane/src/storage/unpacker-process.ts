import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { invariant } from '@cloudstage/protocol';
import { unpackerLimits } from './limits.js';
import type { UnpackerCommand, UnpackerIsolation } from './unpacker-command.js';

/** What a tool said, how it ended, and whether it was we who ended it for its time. */
export interface UnpackerEnding {
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
}

/** A running tool. */
export interface UnpackerProcess {
  /** Null when its output is thrown away. */
  readonly stdout: Readable | null;
  /** Resolves when it is over; rejects when it could not be started. */
  readonly ended: Promise<UnpackerEnding>;
  /** Ends it with all that it has started, and nothing is read from it any more. */
  kill(): void;
}

/** How a tool is started. */
export interface UnpackerProcessOptions {
  readonly isolation: UnpackerIsolation;
  /** Open archive that the tool reads as its standard input. */
  readonly archive: number;
  readonly output: 'pipe' | 'ignore';
  readonly deadlineMs: number;
}

const environment = { LC_ALL: 'C.UTF-8', PATH: '/usr/bin:/bin' };

/** Collects the first bytes of what a stream says and lets the rest go, so that the tool never waits for us to read. */
function collect(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    if (text.length < unpackerLimits.stderrBytes) text += chunk.toString('utf8');
  });
  return () => text;
}

/**
 * The process to be killed. Of bubblewrap it is the first one inside, which takes all others with it; killing bubblewrap itself
 * while it sets up would leave that one waiting for ever. It is known after some milliseconds.
 */
function victim(child: ChildProcess, isolation: UnpackerIsolation): Promise<number | null> {
  const info = child.stdio[3];
  if (isolation !== 'bubblewrap' || info === null || info === undefined) return Promise.resolve(child.pid ?? null);
  const text = collect(info as Readable);
  return finished(info as Readable).then(
    () => Number(/"child-pid"\s*:\s*(\d+)/.exec(text())?.[1] ?? Number.NaN) || null,
    () => null,
  );
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/** Starts a tool. */
export function startUnpackerProcess(command: UnpackerCommand, options: UnpackerProcessOptions): UnpackerProcess {
  const { isolation, archive, output, deadlineMs } = options;
  const child = spawn(command.file, command.args, {
    stdio: [archive, output, 'pipe', ...(isolation === 'bubblewrap' ? (['pipe'] as const) : [])],
    env: environment,
    cwd: '/',
  });
  const { stdout, stderr } = child;
  invariant(stderr !== null, 'the tool has pipes');
  const said = collect(stderr);
  const target = victim(child, isolation);
  let isOver = false;
  let timedOut = false;
  const kill = () => {
    stdout?.destroy();
    void target.then((pid) => {
      // An id that is over may be somebody else's by now.
      if (!isOver && pid !== null) killProcess(pid);
    });
  };
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, deadlineMs);
  const ended = new Promise<UnpackerEnding>((resolve, reject) => {
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('exit', (code, signal) => {
      isOver = true;
      clearTimeout(timer);
      // Not the event `close`: it waits for somebody to read the rest of stdout, too.
      const end = () => resolve({ stderr: said(), code, signal, timedOut });
      finished(stderr).then(end, end);
    });
  });
  // Whoever does not look at it has been told by its stream.
  ended.catch(() => undefined);
  return { stdout, ended, kill };
}
