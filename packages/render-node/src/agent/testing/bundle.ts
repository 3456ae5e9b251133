import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packageDir = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Bundles a TypeScript file of this package into one that Node runs, so that tests of processes never run a stale build.
 * @returns its path, two levels below the package like the real build, so that relative files are found.
 */
export async function bundleForTest(source: string): Promise<string> {
  const name = source.replace(/[^a-z]+/g, '-').replace(/-ts$/, '');
  const outfile = join(packageDir, 'dist', 'testing', `${name}-${process.pid}.mjs`);
  await build({
    entryPoints: [join(packageDir, 'src', source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    alias: { '@cloudstage/protocol': join(packageDir, '../protocol/src/index.ts') },
    external: ['pino', 'typebox', 'typebox/*', 'x11', 'node-av', 'node-datachannel', 'koffi', 'werift-rtp', 'fast-png'],
    logLevel: 'silent',
  });
  return outfile;
}
