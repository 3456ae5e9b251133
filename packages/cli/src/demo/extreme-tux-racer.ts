import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, isAppError } from '@cloudstage/protocol';
import { limits } from '../limits.js';
import { runTool } from '../tool.js';
import { patchCompiledPath } from './patch-path.js';

/** What `up` registers at first start, like any customer's program. */
export const demoApplication = {
  name: 'Extreme Tux Racer',
  entryPath: 'bin/etr',
  projectName: 'demo',
  width: 1280,
  height: 720,
  fps: 60,
  maxBitrateMbps: 8,
} as const;

/** Bump when the recipe below changes, so that an older archive in the cache is not taken. */
const archiveName = 'extreme-tux-racer-1.tar.gz';

const programPackages = ['extremetuxracer', 'extremetuxracer-data'];

/**
 * Libraries that the program needs and a render node does not have. C, C++, X11, OpenGL and ALSA are the node's: they
 * come with its display and sound, and the OpenGL driver must fit the node.
 */
const libraryPackages = [
  'libsfml-audio2.5',
  'libsfml-graphics2.5',
  'libsfml-system2.5',
  'libsfml-window2.5',
  'libglu1-mesa',
  'libopenal1',
  'libsndio7.0',
  'libflac12',
  'libogg0',
  'libvorbis0a',
  'libvorbisenc2',
  'libvorbisfile3',
  'libfreetype6',
  'libbrotli1',
  'libpng16-16',
  'libxrandr2',
  'libbsd0',
  'libmd0',
];

/**
 * Debian compiles the directory of the data in and offers no option or variable for it. The sandbox shows a package at
 * `/app`, and by luck the two paths are equally long, so the text in the program is replaced and nothing else.
 */
const compiledDataDir = '/usr/share/games';
const packageDataDir = '/app/share/games';

const readme = `Extreme Tux Racer as a portable package for Cloudstage
=======================================================

Made from the unmodified files of the Debian packages listed in licenses/, with one change: in bin/etr the compiled-in
directory of the data, ${compiledDataDir}, was replaced by ${packageDataDir}, so that the game runs from /app.

Extreme Tux Racer is free software under the GNU General Public License, version 2 or later. Its source, and that of the
libraries in lib/, is available from Debian: "apt-get source <package>" or https://sources.debian.org/. The licences are
in licenses/<package>/copyright.
`;

/** Options of {@link ensureDemoPackage}. */
export interface DemoPackageOptions {
  /** Directory of the finished archive and of work in progress; created when missing. */
  readonly cacheDir: string;
  /** Told about each long step. */
  readonly onStep: (step: string) => void;
}

/**
 * Path of the demo program's portable archive (`.tar.gz`); made from Debian's packages when the cache does not hold it.
 * Nothing is installed on the machine, and root is not needed. Safe to run twice at the same time.
 * @throws AppError `demo-package-failed`; the message says what to do.
 */
export async function ensureDemoPackage(options: DemoPackageOptions): Promise<string> {
  const archive = join(options.cacheDir, archiveName);
  if (existsSync(archive)) return archive;
  await mkdir(options.cacheDir, { recursive: true });
  const workDir = await mkdtemp(join(options.cacheDir, 'demo-'));
  try {
    options.onStep('Downloading the demo program from Debian (45 MB)');
    await download(workDir);
    options.onStep('Packing the demo program');
    await assemble(workDir);
    await pack(workDir);
    // The rename makes the archive appear whole or not at all.
    await rename(join(workDir, archiveName), archive);
    return archive;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function download(workDir: string): Promise<void> {
  const debs = join(workDir, 'debs');
  await mkdir(debs);
  // As root, apt would warn that its own user cannot write here.
  const args = ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...programPackages, ...libraryPackages];
  try {
    await runTool('apt-get', args, { cwd: debs, deadlineMs: limits.demoDownloadMs });
  } catch (error) {
    const advice = isAppError(error, 'program-missing')
      ? 'The demo program is made from Debian packages, which needs Debian 12. Elsewhere set demo.enabled: false.'
      : 'Refresh the package lists with "apt-get update" (as root) and try again, or set demo.enabled: false.';
    throw new AppError(
      'demo-package-failed',
      `The demo program could not be downloaded. ${advice}\n${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

async function assemble(workDir: string): Promise<void> {
  const debs = join(workDir, 'debs');
  const root = join(workDir, 'root');
  const app = join(workDir, 'app');
  for (const deb of (await readdir(debs)).filter((name) => name.endsWith('.deb'))) {
    await runTool('dpkg-deb', ['-x', join(debs, deb), root], { cwd: workDir, deadlineMs: limits.demoPackMs });
  }
  for (const dir of ['bin', 'lib', 'share/games', 'licenses']) await mkdir(join(app, dir), { recursive: true });
  const program = await readFile(join(root, 'usr/games/etr'));
  await writeFile(join(app, 'bin/etr'), patchCompiledPath(program, compiledDataDir, packageDataDir));
  await chmod(join(app, 'bin/etr'), 0o755);
  await cp(join(root, 'usr/share/games/etr'), join(app, 'share/games/etr'), { recursive: true });
  await copyLibraries(root, join(app, 'lib'));
  for (const name of [...programPackages, ...libraryPackages]) {
    await mkdir(join(app, 'licenses', name));
    const copyright = join(root, 'usr/share/doc', name, 'copyright');
    await cp(copyright, join(app, 'licenses', name, 'copyright'), { dereference: true });
  }
  await writeFile(join(app, 'README'), readme);
}

/** Libraries lie in `usr/lib/<architecture>`; each package of this list has one such directory. */
async function copyLibraries(root: string, target: string): Promise<void> {
  for (const entry of await readdir(join(root, 'usr/lib'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const dir = join(root, 'usr/lib', entry.name);
    for (const name of (await readdir(dir)).filter((file) => /\.so\.\d/.test(file))) {
      await cp(join(dir, name), join(target, name), { verbatimSymlinks: true });
    }
  }
}

/** Fixed order, times and owners: the same packages give the same bytes, hence the same package in the store. */
async function pack(workDir: string): Promise<void> {
  const stable = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u+rw,go=rX'];
  await runTool(
    'tar',
    [...stable, '--use-compress-program=gzip -1n', '-cf', archiveName, '-C', join(workDir, 'app'), '.'],
    { cwd: workDir, deadlineMs: limits.demoPackMs },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
