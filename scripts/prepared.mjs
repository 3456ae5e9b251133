import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runtimePackages, testPackages } from './lib/debian-packages.mjs';
import { repository, runMain, setUp } from './lib/set-up.mjs';

/** `node scripts/prepared.mjs <script> [argument …]`: the same set-up as for the tests, then the script. */
await runMain(async () => {
  const [script, ...args] = process.argv.slice(2);
  if (!script) throw new Error('usage: node scripts/prepared.mjs <script> [argument …]');
  await setUp([...runtimePackages, ...testPackages]);
  const child = spawn(process.execPath, [script, ...args], { cwd: repository, stdio: 'inherit' });
  // The script ends in order, and this with it. Ctrl-C reaches both by itself.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [status] = await once(child, 'exit');
  return status ?? 1;
});
