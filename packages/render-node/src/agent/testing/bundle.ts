import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProcess } from '../../testing/bundle-process.js';

const packageDir = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Bundles a TypeScript file of this package into one that Node runs, so that tests of processes never run a stale build.
 * @returns its path, two levels below the package like the real build, so that relative files are found.
 */
export function bundleForTest(source: string): string {
  const name = source.replace(/\.ts$/, '').replace(/[^a-z]+/g, '-');
  const outfile = join(packageDir, 'dist', 'testing', `${name}-${process.pid}.mjs`);
  return bundleProcess(join(packageDir, 'src', source), outfile);
}
