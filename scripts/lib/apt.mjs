import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runStep, runVisibly, StepError } from './progress.mjs';

/** Package lists older than this are fetched again before something is installed from them. */
const listsFreshMs = 24 * 3_600_000;
const listsDir = '/var/lib/apt/lists';

/** True on a system whose packages apt manages. */
export function hasApt() {
  return ['apt-get', 'dpkg-query', 'dpkg-deb'].every((name) => spawnSync(name, ['--version']).status === 0);
}

/** Those of `names` that are not installed. */
export function missingPackages(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are dpkg-query's own format.
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Abbrev}\\n', ...names], {
    encoding: 'utf8',
  });
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  const installed = new Set(lines.filter(([, status]) => status?.startsWith('ii')).map(([name]) => name));
  return names.filter((name) => !installed.has(name));
}

/** True when the package lists are there and recent. */
function listsAreFresh() {
  try {
    const times = readdirSync(listsDir)
      .filter((name) => /_Packages(\.\w+)?$/.test(name))
      .map((name) => statSync(join(listsDir, name)).mtimeMs);
    return times.length > 0 && Date.now() - Math.max(...times, statSync(listsDir).mtimeMs) < listsFreshMs;
  } catch {
    return false;
  }
}

/**
 * How to become root: `[]` for root itself, `['sudo', …]`, or null when neither is possible.
 * Asks for the password here, once, where a terminal is there to ask on.
 */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (spawnSync('sudo', ['--version']).status !== 0) return null;
  if (spawnSync('sudo', ['-n', 'true']).status === 0) return ['sudo', '-n'];
  if (!process.stdin.isTTY) return null;
  process.stderr.write('Installing Debian packages needs root; sudo asks for your password.\n');
  return (await runVisibly(['sudo', '-v'], { cwd: '/' })) === 0 ? ['sudo'] : null;
}

/**
 * Installs what is missing of `names`, and refreshes the package lists when `needLists` (something will be downloaded
 * later) or something is missing.
 * @param {{ cwd: string, logFile: string }} options
 */
export async function ensurePackages(names, needLists, options) {
  const missing = missingPackages(names);
  const updateLists = (missing.length > 0 || needLists) && !listsAreFresh();
  if (missing.length === 0 && !updateLists) return;
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  const prefix = await rootPrefix();
  if (prefix === null) {
    // Fresh lists are a wish; what uses them says what to do when it fails.
    if (missing.length === 0) return;
    throw new StepError(
      `Missing Debian packages: ${missing.join(' ')}`,
      `Installing them needs root, and neither root nor sudo is available here. As root, run:\n  apt-get update && ${install.join(' ')}`,
    );
  }
  // With this run level Debian's packages start none of their services: the product and its tests start their own.
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8', 'RUNLEVEL=1'];
  const lock = ['-o', 'DPkg::Lock::Timeout=300'];
  if (updateLists) {
    await runStep('Refreshing the Debian package lists', [...prefix, ...env, 'apt-get', ...lock, '-q', 'update'], {
      ...options,
      advice: 'Check the network and /etc/apt/sources.list.',
    });
  }
  if (missing.length === 0) return;
  const command = [...prefix, ...env, ...install.toSpliced(1, 0, ...lock, '-q', '-o', 'Dpkg::Use-Pty=0')];
  await runStep(`Installing ${missing.length} Debian packages`, command, {
    ...options,
    advice: `To see it for yourself, run as root:\n  apt-get update && ${install.join(' ')}`,
  });
}
