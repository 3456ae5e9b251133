import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages, hasApt } from './apt.mjs';
import { ensureBuilt } from './build.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { ensureDependencies } from './npm.mjs';
import { StepError } from './progress.mjs';

/** Root of the checkout. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The demo program is packed from Debian packages at first start, for which apt needs its lists. */
function isDemoPacked() {
  const dir = resolve(repository, process.env.CLOUDSTAGE_DEMO_CACHE_DIR || 'data/cache');
  try {
    return readdirSync(dir).some((name) => /^extreme-tux-racer-.*\.tar\.gz$/.test(name));
  } catch {
    return false;
  }
}

/**
 * Brings the machine to where the product can run: Debian packages, npm packages, build. Does only what is needed.
 * Everything is told on standard error, so that standard output stays that of the command that follows.
 */
export async function setUp(packages) {
  checkNodeVersion();
  const logFile = join(repository, 'data/logs/set-up.log');
  if (hasApt()) {
    await ensurePackages(packages, !isDemoPacked(), { cwd: repository, logFile });
  } else {
    process.stderr.write(
      `This is not Debian: install the equivalents of these Debian 12 packages yourself:\n  ${packages.join(' ')}\n`,
    );
  }
  await ensureDependencies(repository, logFile);
  await ensureBuilt(repository, logFile);
}

/** Runs the main function of a script: what it throws is printed for people, with a trace only for bugs. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`\n${error instanceof StepError ? error.message : error.stack}\n`);
    process.exitCode = 1;
  }
}
