import { open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { isPackagePath } from './package-paths.js';

/** Kind of a program file by its first bytes; null for anything else, scripts included. PURE. */
export function programKind(head: Uint8Array): 'elf' | 'pe' | null {
  if (head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46) return 'elf';
  return head[0] === 0x4d && head[1] === 0x5a ? 'pe' : null;
}

/** A checked program of a package. */
export interface PackageEntryPoint {
  /** Relative to the package. */
  readonly entryPath: string;
  readonly hasLibraryDir: boolean;
}

function refuse(entryPath: string, why: string, cause?: unknown): never {
  throw new AppError('entry-not-found', `${JSON.stringify(entryPath)} ${why}`, { cause });
}

/**
 * Checks that `entryPath` names a program this node can run, inside the package also after following links.
 * @throws AppError `entry-not-found` saying why not.
 */
export async function checkEntryPoint(packagePath: string, entryPath: string): Promise<PackageEntryPoint> {
  const relative = entryPath.replace(/^\.?\/+/, '');
  if (!isPackagePath(relative)) refuse(entryPath, 'is not a path inside the package');
  const root = await realpath(packagePath);
  const path = await realpath(join(root, relative)).catch((cause: unknown) =>
    refuse(entryPath, 'does not exist in the package', cause),
  );
  if (!path.startsWith(root + sep)) refuse(entryPath, 'leads out of the package');
  const head = new Uint8Array(4);
  const file = await open(path, 'r').catch((cause: unknown) => refuse(entryPath, 'cannot be read', cause));
  try {
    if (!(await file.stat()).isFile()) refuse(entryPath, 'is not a file');
    await file.read(head, 0, head.length, 0);
  } finally {
    await file.close();
  }
  const kind = programKind(head);
  if (kind === null) refuse(entryPath, 'is not an ELF program; name the program itself, not a script that starts it');
  if (kind === 'pe') refuse(entryPath, 'is a Windows program, which this node cannot run');
  const library = await stat(join(root, 'lib')).catch(() => null);
  return { entryPath: relative, hasLibraryDir: library?.isDirectory() ?? false };
}
