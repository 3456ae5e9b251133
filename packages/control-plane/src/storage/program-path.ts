import type { PackageManifest } from '@cloudstage/protocol';

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
  const programs = manifest.entries.flatMap((entry) => (entry.type === 'file' && entry.executable ? [entry.path] : []));
  const name = (of: string) => of.slice(of.lastIndexOf('/') + 1).toLowerCase();
  const files = manifest.entries.flatMap((entry) => (entry.type === 'directory' ? [] : [entry.path]));
  const same = files.filter((file) => name(file) === name(path));
  return (same.length > 0 ? same : programs).slice(0, maxSuggestions);
}
