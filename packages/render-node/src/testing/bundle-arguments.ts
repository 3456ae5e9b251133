import { join } from 'node:path';

/** Found only where they are installed: native ones, and one that looks for its own files. */
const external = ['node-av', 'node-datachannel', 'koffi', 'x11'];

/**
 * esbuild's arguments that make one file of a process under test and of what it imports. With its dependencies, whose thousand files would take
 * most of the time of a process that does little. PURE.
 *
 * @param repository root of the checkout
 * @param source absolute path of the TypeScript file
 */
export function bundleArguments(repository: string, source: string, outfile: string): string[] {
  return [
    source,
    ...['--bundle', '--platform=node', '--format=esm'],
    ...external.flatMap((name) => [`--external:${name}`, `--external:${name}/*`]),
    `--alias:@cloudstage/protocol=${join(repository, 'packages/protocol/src/index.ts')}`,
    // Dependencies in CommonJS call require.
    "--banner:js=import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
    `--outfile=${outfile}`,
  ];
}
