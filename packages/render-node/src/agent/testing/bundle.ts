import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleArguments } from '../../testing/bundle-arguments.js';

const packageDir = fileURLToPath(new URL('../../../', import.meta.url));
const root = join(packageDir, '../..');

/**
 * Bundles a TypeScript file of this package into one that Node runs, so that tests of processes never run a stale build.
 * @returns its path, two levels below the package like the real build, so that relative files are found.
 */
export function bundleForTest(source: string): string {
  const name = source.replace(/\.ts$/, '').replace(/[^a-z]+/g, '-');
  const outfile = join(packageDir, 'dist', 'testing', `${name}-${process.pid}.mjs`);
  const args = bundleArguments(root, join(packageDir, 'src', source), outfile);
  const result = spawnSync(join(root, 'node_modules/.bin/esbuild'), args, { encoding: 'utf8', cwd: root });
  if (result.status !== 0) throw new Error(`esbuild failed: ${result.stderr}`);
  return outfile;
}
