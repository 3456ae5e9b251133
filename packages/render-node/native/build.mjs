/**
 * Builds the preloads under native/build/ with gcc. Runs at set-up (`npm run build:native`) and, when a file is missing, at
 * the agent's start. Exits with 0 when everything is built, 2 when there is no compiler, 1 when compiling fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
mkdirSync(here('build'), { recursive: true });

const preloads = [{ source: 'framepace.c', output: 'framepace.so', libraries: ['-ldl', '-lpthread'] }];
for (const { source, output, libraries } of preloads) {
  const temporary = here(`build/.${output}.${process.pid}`);
  const args = [
    '-O2',
    '-g0',
    '-fPIC',
    '-shared',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-o',
    temporary,
    here(source),
    ...libraries,
  ];
  const { error, status } = spawnSync('gcc', args, { stdio: 'inherit', timeout: 60_000 });
  if (error?.code === 'ENOENT') {
    console.error(
      'gcc is not installed, so programs run without the frame pacer; install it with: apt-get install gcc libc6-dev',
    );
    process.exit(2);
  }
  if (error || status !== 0) process.exit(1);
  // By rename, so that a program that starts meanwhile never loads half a file.
  renameSync(temporary, here(`build/${output}`));
}
