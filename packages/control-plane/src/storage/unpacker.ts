import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError, invariant, isAppError } from '@cloudstage/protocol';
import { unpackerLimits } from './limits.js';
import { type UnpackerIsolation, type UnpackerTool, unpackerCommand } from './unpacker-command.js';

/** An archive that a separate process turns into a tar stream. */
export interface Unpacking {
  readonly stream: Readable;
  /** How much of the archive the tool has read, from 0 to 1. */
  position(): number;
  /** Resolves when the tool has ended well. Throws AppError `package-…` when not, also while its stream looks complete. */
  verify(): Promise<void>;
  /** Ends the tool if it still runs, and waits for it. */
  close(): Promise<void>;
}

/** Starts tools that read hostile archives. */
export interface Unpacker {
  /** Throws AppError `package-format-unsupported` when the tools are not installed. */
  start(tool: UnpackerTool, archivePath: string, signal?: AbortSignal): Promise<Unpacking>;
}

const environment = { LC_ALL: 'C.UTF-8', PATH: '/usr/bin:/bin' };

/** What the tool says, and why it was ended if we did. */
interface Ending {
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
}

/** Names a tool's failure by what it says; null when it succeeded. PURE. */
export function unpackFailure({ stderr, code, signal, timedOut }: Ending): AppError | null {
  if (timedOut) return new AppError('package-unpack-limit', 'unpacking the archive takes too long; upload it as zip');
  if (code === 0 && signal === null) return null;
  const said =
    stderr
      .trim()
      .split('\n')[0]
      ?.replace(/^bsd(tar|cat): /, '') ?? '';
  if (/crypt|passphrase/i.test(said)) {
    return new AppError('package-encrypted', 'the archive is encrypted; upload an archive without password');
  }
  if (/allocate|out of memory|memory limit|dictionary/i.test(said) || signal === 'SIGXCPU' || code === 128 + 24) {
    return new AppError('package-unpack-limit', `the archive needs too much memory or time to unpack (${said})`);
  }
  if (/unrecognized archive format/i.test(said)) {
    return new AppError('package-format-unsupported', 'the file is no archive that can be read');
  }
  // libarchive gives no text for entries whose packing method it does not know; encryption is the usual one.
  if (said === '(null)') {
    return new AppError(
      'package-encrypted',
      'the archive has encrypted entries, or is packed by a method that cannot be read; upload it without password',
    );
  }
  const how = said === '' || said.includes('(null)') ? `ended by ${signal ?? `code ${code}`}` : said;
  return new AppError('package-archive-damaged', `the archive is damaged: ${how}`);
}

/** Collects the first bytes of stderr and lets the rest go, so that the tool never waits for us to read. */
function collect(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    if (text.length < unpackerLimits.stderrBytes) text += chunk.toString('utf8');
  });
  return () => text;
}

async function succeeds(isolation: UnpackerIsolation): Promise<boolean> {
  const { file, args } = unpackerCommand('bsdtar', isolation, ['--version']);
  const child = spawn(file, args, { stdio: 'ignore', env: environment, cwd: '/', timeout: 10_000 });
  try {
    const [code] = await once(child, 'exit');
    return code === 0;
  } catch {
    // Not installed.
    return false;
  }
}

async function chooseIsolation(): Promise<UnpackerIsolation> {
  const candidates: UnpackerIsolation[] = ['bubblewrap', process.getuid?.() === 0 ? 'setpriv' : 'limits'];
  for (const isolation of candidates) if (await succeeds(isolation)) return isolation;
  throw new AppError(
    'package-format-unsupported',
    'archives of this kind need bsdtar; install the package libarchive-tools, or upload zip or tar.gz',
  );
}

/** Position in the file that the tool reads: it shares the descriptor's offset with us. */
function offsetOf(descriptor: number): number {
  try {
    return Number(/^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function watch(child: ChildProcess, deadlineMs: number): () => Promise<Ending> {
  invariant(child.stderr !== null, 'the tool has pipes');
  const stderr = collect(child.stderr);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, deadlineMs);
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ stderr: stderr(), code, signal, timedOut });
    });
  });
  ended.catch(() => clearTimeout(timer));
  return () => ended;
}

/** Creates the starter of unpackers. It finds out once how tools can be isolated on this machine. */
export function createUnpacker(options: { readonly deadlineMs?: number } = {}): Unpacker {
  const deadlineMs = options.deadlineMs ?? unpackerLimits.deadlineMs;
  let isolation: Promise<UnpackerIsolation> | null = null;
  const isolate = () => {
    isolation ??= chooseIsolation().catch((error: unknown) => {
      // The tools may be installed later.
      isolation = null;
      throw error;
    });
    return isolation;
  };
  return {
    start: async (tool, archivePath, signal) => {
      const { file, args } = unpackerCommand(tool, await isolate());
      const archive = await open(archivePath, 'r');
      const { size } = await archive.stat();
      const child = spawn(file, args, { stdio: [archive.fd, 'pipe', 'pipe'], env: environment, cwd: '/' });
      const ending = watch(child, deadlineMs);
      const kill = () => child.kill('SIGKILL');
      signal?.addEventListener('abort', kill, { once: true });
      if (signal?.aborted === true) kill();
      const { stdout } = child;
      invariant(stdout !== null, 'the tool has pipes');
      return {
        stream: stdout,
        position: () => (size === 0 ? 0 : Math.min(1, offsetOf(archive.fd) / size)),
        verify: async () => {
          const failure = unpackFailure(await ending());
          if (failure !== null) throw failure;
        },
        close: async () => {
          signal?.removeEventListener('abort', kill);
          kill();
          stdout.destroy();
          await ending().catch((error: unknown) => {
            if (!isAppError(error)) throw error;
          });
          await archive.close();
        },
      };
    },
  };
}
