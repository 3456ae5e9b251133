import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import ts from 'typescript';

/** Builds the SDK that pages load, from the sources: one script, its minified form, one ES module, and their declarations. */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Workspace packages come from their sources and are free of side effects: what the SDK does not use stays out. */
const workspaceSources = {
  name: 'workspace-sources',
  setup(builder) {
    builder.onResolve({ filter: /^@cloudstage\// }, ({ path }) => ({
      path: here(`../${path.slice('@cloudstage/'.length)}/src/index.ts`),
      sideEffects: false,
    }));
    builder.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => {
      if (!/\/packages\/(protocol|client-core)\/src/.test(resolveDir)) return undefined;
      return {
        path: fileURLToPath(new URL(path.replace(/\.js$/, '.ts'), `file://${resolveDir}/`)),
        sideEffects: false,
      };
    });
  },
};

const common = {
  bundle: true,
  platform: 'browser',
  target: ['chrome90', 'firefox90', 'safari15'],
  legalComments: 'inline',
  banner: { js: '/* Cloudstage web SDK, Apache-2.0; contains js-base64, BSD-3-Clause */' },
  plugins: [workspaceSources],
  logLevel: 'warning',
};

/** One file with every public type, since declarations of the workspace packages do not travel with the bundle. */
async function declarations() {
  const sources = ['api-events.ts', 'api-options.ts', 'api.ts'];
  const texts = await Promise.all(
    sources.map(async (name) => {
      const source = await readFile(here(`src/${name}`), 'utf8');
      const { outputText } = ts.transpileDeclaration(source, {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ES2022 },
      });
      return outputText.replaceAll(/^import type .*;\n/gm, '');
    }),
  );
  return `${texts.join('\n')}
/** The SDK's class. */
export declare const CloudGamingWebSDK: new () => TcgSdk;
/** The page's SDK. */
declare const TCGSDK: TcgSdk;
export default TCGSDK;
`;
}

await mkdir(here('dist/bundle'), { recursive: true });
await Promise.all([
  build({
    ...common,
    entryPoints: [here('src/bundle-global.ts')],
    format: 'iife',
    outfile: here('dist/bundle/tcgsdk.js'),
  }),
  build({
    ...common,
    entryPoints: [here('src/bundle-global.ts')],
    format: 'iife',
    minify: true,
    sourcemap: true,
    outfile: here('dist/bundle/tcgsdk.min.js'),
  }),
  build({
    ...common,
    entryPoints: [here('src/bundle-module.ts')],
    format: 'esm',
    outfile: here('dist/bundle/tcgsdk.mjs'),
  }),
]);
const types = await declarations();
await writeFile(here('dist/bundle/tcgsdk.d.mts'), types);
await writeFile(
  here('dist/bundle/tcgsdk.d.ts'),
  `${types}\ndeclare global {\n  const TCGSDK: TcgSdk;\n  const CloudGamingWebSDK: new () => TcgSdk;\n}\n`,
);

for (const name of ['tcgsdk.js', 'tcgsdk.min.js', 'tcgsdk.mjs']) {
  const path = here(`dist/bundle/${name}`);
  const { size } = await stat(path);
  const gzip = gzipSync(await readFile(path)).length;
  console.log(`web-sdk ${name.padEnd(14)} ${(size / 1024).toFixed(1)} KB, ${(gzip / 1024).toFixed(1)} KB gzip`);
}
