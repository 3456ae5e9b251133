/**
 * Builds the preloads and helpers under native/build/ with gcc. Runs at set-up (`npm run build:native`) and, when a file is missing, at
 * the agent's start. Exits with 0 when everything is built, 2 when there is no compiler, 1 when compiling fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
mkdirSync(here('build'), { recursive: true });

const shared = ['-fPIC', '-shared'];
const targets = [
  { source: 'framepace.c', output: 'framepace.so', kind: shared, libraries: ['-ldl', '-lpthread'] },
  // Static: it runs in whatever environment the program has.
  { source: 'keeper.c', output: 'keeper', kind: ['-static'], libraries: [] },
];
for (const { source, output, kind, libraries } of targets) {
  const temporary = here(`build/.${output}.${process.pid}`);
  const args = ['-O2', '-g0', ...kind, '-Wall', '-Wextra', '-Werror', '-o', temporary, here(source), ...libraries];
  const { error, status } = spawnSync('gcc', args, { stdio: 'inherit', timeout: 60_000 });
  if (error?.code === 'ENOENT') {
    console.error(
      'gcc is not installed, so programs run without frame pacer, and process names cannot be followed; install it with: apt-get install gcc libc6-dev',
    );
    process.exit(2);
  }
  if (error || status !== 0) process.exit(1);
  // By rename, so that a program that starts meanwhile never loads half a file.
  renameSync(temporary, here(`build/${output}`));
}
