import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AppError, invariant } from '@cloudstage/protocol';
import type { ArchiveFormat } from './archive-format.js';
import { unpackerLimits } from './limits.js';
import { type UnpackerIsolation, type UnpackerTask, unpackerCommand } from './unpacker-command.js';
import { startUnpackerProcess, type UnpackerEnding } from './unpacker-process.js';

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

/** Formats that a process unpacks. */
export type UnpackedFormat = Exclude<ArchiveFormat, 'zip' | 'tar' | 'tar.gz'>;

/** Starts tools that read hostile archives. */
export interface Unpacker {
  /** Throws AppError `package-format-unsupported` when the tools are not installed. */
  start(format: UnpackedFormat, archivePath: string, signal?: AbortSignal): Promise<Unpacking>;
  /** Looks at the checksums of an archive's content, where {@link Unpacker.start} does not. Throws AppError `package-…`. */
  check(format: UnpackedFormat, archivePath: string, signal?: AbortSignal): Promise<void>;
}

/**
 * Compressed tar is only decompressed: libarchive's own recognition of formats would take a compressed list of this
 * machine's files for an archive of them.
 */
const taskOf: Readonly<Record<UnpackedFormat, UnpackerTask>> = {
  'tar.zst': 'decompress',
  'tar.xz': 'decompress',
  'tar.bz2': 'decompress',
  '7z': 'convert',
  rar: 'convert',
};

/** Names a tool's failure by what it says; null when it succeeded. PURE. */
export function unpackFailure(format: UnpackedFormat, ending: UnpackerEnding): AppError | null {
  const { stderr, code, signal, timedOut } = ending;
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
  // libarchive gives no text for 7z entries whose packing method it does not know; encryption is the usual one.
  if (said === '(null)' && format === '7z') {
    return new AppError(
      'package-encrypted',
      'the archive has encrypted entries, or is packed by a method that cannot be read; upload it without password',
    );
  }
  const how = said === '' || said.includes('(null)') ? `ended by ${signal ?? `code ${code}`}` : said;
  return new AppError('package-archive-damaged', `the archive is damaged: ${how}`);
}

async function succeeds(isolation: UnpackerIsolation): Promise<boolean> {
  const nothing = await open('/dev/null', 'r');
  try {
    const options = { isolation, archive: nothing.fd, output: 'ignore', deadlineMs: unpackerLimits.probeMs } as const;
    return (await startUnpackerProcess(unpackerCommand('version', isolation), options).ended).code === 0;
  } catch {
    // Not installed.
    return false;
  } finally {
    await nothing.close();
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
  const run = async (task: UnpackerTask, archivePath: string, output: 'pipe' | 'ignore', signal?: AbortSignal) => {
    const chosen = await isolate();
    signal?.throwIfAborted();
    const archive = await open(archivePath, 'r');
    const { size } = await archive.stat();
    const command = unpackerCommand(task, chosen);
    const tool = startUnpackerProcess(command, { isolation: chosen, archive: archive.fd, output, deadlineMs });
    signal?.addEventListener('abort', tool.kill, { once: true });
    const close = async () => {
      signal?.removeEventListener('abort', tool.kill);
      tool.kill();
      await tool.ended.catch(() => undefined);
      await archive.close();
    };
    const position = () => (size === 0 ? 0 : Math.min(1, offsetOf(archive.fd) / size));
    return { tool, close, position };
  };
  return {
    start: async (format, archivePath, signal) => {
      const { tool, close, position } = await run(taskOf[format], archivePath, 'pipe', signal);
      invariant(tool.stdout !== null, 'the tool has pipes');
      return {
        stream: tool.stdout,
        position,
        verify: async () => {
          const failure = unpackFailure(format, await tool.ended);
          if (failure !== null) throw failure;
        },
        close,
      };
    },
    check: async (format, archivePath, signal) => {
      // Compressed tar is checked as it flows; of RAR, libarchive checks no more this way than the other.
      if (format !== '7z') return;
      const { tool, close } = await run('check', archivePath, 'ignore', signal);
      const ending = await tool.ended.finally(close);
      signal?.throwIfAborted();
      const failure = unpackFailure(format, ending);
      if (failure !== null) throw failure;
    },
  };
}
