import { spawnSync } from 'node:child_process';
import { runtimePackages, testPackages } from './lib/debian-packages.mjs';
import { repository, runMain, setUp } from './lib/set-up.mjs';

/** `node scripts/prepared.mjs <script> [argument …]`: the same set-up as for the tests, then the script. */
await runMain(async () => {
  const [script, ...args] = process.argv.slice(2);
  if (!script) throw new Error('usage: node scripts/prepared.mjs <script> [argument …]');
  await setUp([...runtimePackages, ...testPackages]);
  return spawnSync(process.execPath, [script, ...args], { cwd: repository, stdio: 'inherit' }).status ?? 1;
});
