import { AppError, type PackageEntry } from '@cloudstage/protocol';
import { storageLimits } from './limits.js';

/**
 * Checks every symbolic link as the kernel would follow it: link by link, also through other links, it must never step
 * above the package's root. Looking at each target's text alone is not enough (`a/b/l1 → ../..`, `l2 → a/b/l1/../x`). PURE.
 * @throws AppError `package-link-invalid`, and `package-entry-conflict` for entries that lie below a link or a file.
 */
export function checkLinks(entries: readonly PackageEntry[]): void {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const entry of entries) {
    checkParents(entry.path, byPath);
    if (entry.type === 'symlink') follow(entry.path, entry.target, byPath);
  }
}

function checkParents(path: string, byPath: ReadonlyMap<string, PackageEntry>): void {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const parent = byPath.get(path.slice(0, end));
    if (parent !== undefined && parent.type !== 'directory') {
      throw new AppError('package-entry-conflict', `${path} lies below ${parent.path}, which is no directory`);
    }
  }
}

function follow(linkPath: string, target: string, byPath: ReadonlyMap<string, PackageEntry>): void {
  const refuse = (why: string): never => {
    throw new AppError('package-link-invalid', `the link ${linkPath} → ${target} ${why}`);
  };
  if (target.startsWith('/')) refuse('is absolute');
  const position = linkPath.split('/').slice(0, -1);
  const pending = target.split('/').reverse();
  let hops = 0;
  for (let segment = pending.pop(); segment !== undefined; segment = pending.pop()) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (position.length === 0) refuse('leaves the package');
      position.pop();
      continue;
    }
    const next = byPath.get([...position, segment].join('/'));
    if (next?.type !== 'symlink') {
      position.push(segment);
      continue;
    }
    hops += 1;
    if (hops > storageLimits.maxLinkHops) refuse('goes round in circles');
    if (next.target.startsWith('/')) refuse('is absolute');
    pending.push(...next.target.split('/').reverse());
  }
}
