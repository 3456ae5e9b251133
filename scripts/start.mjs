import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { runtimePackages } from './lib/debian-packages.mjs';
import { repository, runMain, setUp } from './lib/set-up.mjs';

/** Milliseconds between looks at the parent process. */
const parentCheckMs = 500;

/**
 * A signal to npm (`docker stop`, a supervisor) reaches only the shell in which npm runs a script, and the shell ends without
 * telling anybody. Started without npm, the product may outlive who started it.
 */
function whenParentEnds(end) {
  if (process.env.npm_lifecycle_event === undefined) return () => undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, parentCheckMs);
  return () => clearInterval(timer);
}

/** `npm start`: installs what the machine lacks, builds what changed, and starts the all-in-one mode. */
function startProduct(args) {
  const main = join(repository, 'packages/cli/dist/main.js');
  const child = spawn(process.execPath, [main, 'up', ...args], { cwd: repository, stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child directly as well; it takes two signals at the same moment for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const stopWatching = whenParentEnds(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  }).finally(stopWatching);
}

await runMain(async () => {
  await setUp(runtimePackages);
  return startProduct(process.argv.slice(2));
});
