import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Found only where they are installed: native ones, and one that looks for its own files. */
const external = ['node-av', 'node-datachannel', 'koffi', 'x11'];

/**
 * Makes one file of a process under test and of what it imports, so that a test never runs a stale build. With its dependencies, whose thousand files would
 * take most of the time of a process that does little.
 *
 * @param source absolute path of the TypeScript file
 * @returns `outfile`
 */
export function bundleProcess(source: string, outfile: string): string {
  const args = [
    source,
    ...['--bundle', '--platform=node', '--format=esm'],
    ...external.flatMap((name) => [`--external:${name}`, `--external:${name}/*`]),
    `--alias:@cloudstage/protocol=${join(root, 'packages/protocol/src/index.ts')}`,
    // Dependencies in CommonJS call require.
    "--banner:js=import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
    `--outfile=${outfile}`,
  ];
  const result = spawnSync(join(root, 'node_modules/.bin/esbuild'), args, { encoding: 'utf8', cwd: root });
  if (result.status !== 0) throw new Error(`esbuild failed: ${result.stderr}`);
  return outfile;
}
