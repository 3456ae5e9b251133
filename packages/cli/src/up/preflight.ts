import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AppError } from '@cloudstage/protocol';

/** Programs that a render node starts, and the Debian package of each. Any one of a list is enough. */
const programs: readonly { readonly anyOf: readonly string[]; readonly debianPackage: string }[] = [
  { anyOf: ['Xorg', 'Xvfb'], debianPackage: 'xserver-xorg-core xserver-xorg-video-dummy' },
  { anyOf: ['xkbcomp'], debianPackage: 'x11-xkb-utils' },
  { anyOf: ['openbox'], debianPackage: 'openbox' },
  { anyOf: ['pulseaudio'], debianPackage: 'pulseaudio' },
  { anyOf: ['bwrap'], debianPackage: 'bubblewrap' },
  { anyOf: ['nsenter', 'unshare'], debianPackage: 'util-linux' },
];

/**
 * Looks for the programs of a render node before anything starts.
 * @throws AppError `program-missing`; the message holds the command that installs them.
 */
export function checkPrograms(searchPath: string): void {
  const missing = programs.filter(({ anyOf }) => !anyOf.some((name) => isProgram(name, searchPath)));
  if (missing.length === 0) return;
  const names = missing.map(({ anyOf }) => anyOf.join(' or ')).join(', ');
  const packages = missing.map(({ debianPackage }) => debianPackage).join(' ');
  throw new AppError(
    'program-missing',
    `Not installed: ${names}.\nOn Debian 12, as root:  apt-get update && apt-get install -y ${packages}\n"npm start" does that by itself.`,
  );
}

function isProgram(name: string, searchPath: string): boolean {
  // Daemons such as Xorg may lie outside of a user's path.
  const dirs = [...searchPath.split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'].filter((dir) => dir !== '');
  return dirs.some((dir) => {
    try {
      accessSync(join(dir, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
