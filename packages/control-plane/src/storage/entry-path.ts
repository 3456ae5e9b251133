import { AppError } from '@cloudstage/protocol';
import { storageLimits } from './limits.js';

/**
 * Normalises the name of an archive entry to the form of a manifest: relative, `/`-separated, no empty, `.` or `..`
 * segment, Unicode NFC. PURE. The root itself (`./`) gives `''`.
 * @throws AppError `package-path-invalid` for absolute paths, traversal, control characters, backslashes after
 * normalisation, drive letters and names that no file system takes.
 */
export function normaliseEntryPath(name: string): string {
  const refuse = (why: string): never => {
    throw new AppError(
      'package-path-invalid',
      `the package has an entry whose name ${why}: ${JSON.stringify(name.slice(0, 200))}`,
    );
  };
  if (name.startsWith('/')) refuse('is absolute');
  if (/^[A-Za-z]:[\\/]/.test(name)) refuse('starts with a drive letter');
  if (name.includes('\\')) refuse('has a backslash');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) refuse('has a control character');
  if (name.includes('\ufffd')) refuse('is not valid UTF-8');
  const segments = name
    .normalize('NFC')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) refuse('leaves the package');
  if (segments.some((segment) => Buffer.byteLength(segment) > storageLimits.maxNameBytes)) refuse('is too long');
  const path = segments.join('/');
  // Again: `./C:/x` has become one.
  if (/^[A-Za-z]:\//.test(path)) refuse('starts with a drive letter');
  if (Buffer.byteLength(path) > storageLimits.maxPathBytes) refuse('is too long');
  return path;
}
