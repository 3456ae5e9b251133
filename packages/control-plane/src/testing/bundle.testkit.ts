import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/**
 * Bundles a test kit that runs as a process, because Node.js runs no TypeScript; with its dependencies, whose thousand files would take
 * most of the time of a process that does little. The embedded database finds its own files only where it is installed.
 */
export async function bundleTestkit(name: string): Promise<string> {
  const source = fileURLToPath(new URL(`./${name}.testkit.ts`, import.meta.url));
  const out = join(root, 'node_modules/.cache/cloudstage', `${basename(name)}-${process.pid}.mjs`);
  await mkdir(dirname(out), { recursive: true });
  await promisify(execFile)(join(root, 'node_modules/.bin/esbuild'), [
    source,
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node20',
    '--external:@electric-sql/pglite',
    // Dependencies in CommonJS call require.
    "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    `--alias:@cloudstage/protocol=${join(root, 'packages/protocol/src/index.ts')}`,
    `--alias:@cloudstage/cloud-api=${join(root, 'packages/cloud-api/src/index.ts')}`,
    '--log-level=warning',
    `--outfile=${out}`,
  ]);
  return out;
}
