import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { runtimePackages } from './lib/debian-packages.mjs';
import { repository, runMain, setUp } from './lib/set-up.mjs';

/** `npm start`: installs what the machine lacks, builds what changed, and starts the all-in-one mode. */
function startProduct(args) {
  const main = join(repository, 'packages/cli/dist/main.js');
  const child = spawn(process.execPath, [main, 'up', ...args], { cwd: repository, stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child directly as well; it takes two signals at the same moment for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

await runMain(async () => {
  await setUp(runtimePackages);
  return startProduct(process.argv.slice(2));
});
