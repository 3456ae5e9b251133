import type { ApplicationKind } from '../../db/schema.js';
import { applicationLimits } from './limits.js';

/** Endings of the archives that are unpacked; what a file really is, its first bytes tell later. */
const archiveEndings = ['.zip', '.7z', '.rar', '.tar', '.tar.gz', '.tgz', '.tar.zst', '.tar.xz', '.tar.bz2'] as const;

/** Whether a file of this name can be unpacked. PURE. */
export function isArchiveName(fileName: string): boolean {
  const name = fileName.toLowerCase();
  return archiveEndings.some((ending) => name.endsWith(ending) && name.length > ending.length);
}

/** Why a name is no archive's, in a sentence. */
export const archiveNameAdvice = `a package is one of ${archiveEndings.join(', ')}`;

/** Why nothing can be uploaded for Android. */
export const mobileAdvice =
  'render nodes run Linux programs and no Android; packages of mobile applications (apk) cannot be uploaded';

/** True for applications of phones. PURE. */
export function isMobile(kind: ApplicationKind): boolean {
  return kind === 'ApplicationAPK';
}

/** Name of a version until somebody gives it a better one: the file's without directory and ending. PURE. */
export function versionNameOf(fileName: string): string {
  const base = fileName.split(/[\\/]/).at(-1) ?? '';
  const ending = archiveEndings.filter((candidate) => base.toLowerCase().endsWith(candidate));
  const longest = Math.max(0, ...ending.map((candidate) => candidate.length));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  const name = base.slice(0, base.length - longest).replace(/[\u0000-\u001f\u007f]/g, '');
  return [...name].slice(0, applicationLimits.versionNameChars).join('').slice(0, applicationLimits.versionNameChars);
}

/** Name of the file behind a URL; empty when the URL names none. PURE. */
export function fileNameOfUrl(url: string): string {
  const last = URL.canParse(url) ? (new URL(url).pathname.split('/').at(-1) ?? '') : '';
  try {
    return decodeURIComponent(last).slice(0, 255);
  } catch {
    return last.slice(0, 255);
  }
}
