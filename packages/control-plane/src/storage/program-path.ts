import { AppError, type PackageManifest } from '@cloudstage/protocol';
import type { FileKind } from './file-kind.js';
import type { StoredPackage } from './package-publish.js';

/**
 * Brings the path of a program, as a person wrote it, to the form of a manifest: `./bin/x`, `/bin/x` and `bin\x` are all `bin/x`.
 * PURE.
 */
export function normaliseProgramPath(text: string): string {
  const segments = text.normalize('NFC').replaceAll('\\', '/').split('/');
  return segments.filter((segment) => segment !== '' && segment !== '.').join('/');
}

/** How many paths an error names. */
const maxSuggestions = 5;

/** Programs that were meant, perhaps: those of the same name, else any. PURE. */
export function suggestPrograms(manifest: PackageManifest, path: string): readonly string[] {
  const name = (of: string) => of.slice(of.lastIndexOf('/') + 1).toLowerCase();
  const files = manifest.entries.filter((entry) => entry.type === 'file');
  const programs = files.filter((file) => file.executable);
  const found = [programs, files].map((some) => some.filter((file) => name(file.path) === name(path)));
  const best = found.find((some) => some.length > 0) ?? programs;
  return best.slice(0, maxSuggestions).map((file) => file.path);
}

/** Why a file of another kind is no program; links are looked at by the node, which follows them. */
const notPrograms: Readonly<Record<Exclude<FileKind, 'elf'>, string>> = {
  script: 'is a script; name the program that it starts',
  pe: 'is a Windows program; this version runs Linux programs only',
  web: 'is a web page; this version runs Linux programs only',
  data: 'is not a program (an ELF file)',
};

/**
 * Checks that a package has the program that an application names. PURE.
 * @throws AppError `entry-not-found` naming programs that it has, `entry-not-program`.
 */
export function checkProgram(entryPath: string, { manifest, kindOf }: StoredPackage): void {
  const path = normaliseProgramPath(entryPath);
  const found = manifest.entries.some((entry) => entry.path === path && entry.type !== 'directory');
  if (!found) {
    const suggestions = suggestPrograms(manifest, path);
    const hint = suggestions.length > 0 ? `; programs in it: ${suggestions.join(', ')}` : '';
    throw new AppError('entry-not-found', `the package has no file ${entryPath}${hint}`);
  }
  const kind = kindOf(path);
  if (kind !== null && kind !== 'elf') throw new AppError('entry-not-program', `${path} ${notPrograms[kind]}`);
}
