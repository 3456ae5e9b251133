import { AppError, type PackageManifest } from '@cloudstage/protocol';

/** True for a relative, `/`-separated path without empty, `.` or `..` segments, NUL or backslash. PURE. */
export function isPackagePath(path: string): boolean {
  if (path.length === 0 || path.length > 4096 || path.includes('\0') || path.includes('\\')) return false;
  return path
    .split('/')
    .every((segment) => segment !== '' && segment !== '.' && segment !== '..' && segment.length <= 255);
}

/** True when a symlink at `path` with `target` cannot lead out of the package. PURE. */
export function isInnerLink(path: string, target: string): boolean {
  if (target.length === 0 || target.startsWith('/') || target.includes('\0')) return false;
  let depth = path.split('/').length - 1;
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    depth += segment === '..' ? -1 : 1;
    if (depth < 0) return false;
  }
  return true;
}

/**
 * Checks what a schema cannot: every path is inner and unique, nothing lies below a file or a link, sizes add up. PURE.
 * @throws AppError `package-invalid` naming the entry.
 */
export function checkManifestTree(manifest: PackageManifest, maxEntries: number): void {
  const refuse = (path: string, why: string) => {
    throw new AppError('package-invalid', `package entry ${JSON.stringify(path)} ${why}`);
  };
  if (manifest.entries.length > maxEntries) refuse('', `list is longer than ${maxEntries}`);
  const leaves = new Set<string>();
  const seen = new Set<string>();
  let totalBytes = 0;
  for (const entry of manifest.entries) {
    if (!isPackagePath(entry.path)) refuse(entry.path, 'has an unsafe path');
    if (seen.has(entry.path)) refuse(entry.path, 'occurs twice');
    seen.add(entry.path);
    if (entry.type !== 'directory') leaves.add(entry.path);
    if (entry.type === 'symlink' && !isInnerLink(entry.path, entry.target))
      refuse(entry.path, 'links out of the package');
    if (entry.type === 'file') totalBytes += entry.sizeBytes;
  }
  for (const { path } of manifest.entries) {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (leaves.has(path.slice(0, end))) refuse(path, 'lies below a file or a link');
    }
  }
  if (totalBytes !== manifest.totalBytes)
    refuse('', `sizes add up to ${totalBytes}, not to ${manifest.totalBytes} bytes`);
}
