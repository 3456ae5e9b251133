import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Builds the page into dist/site: one script, one style sheet, one document; nothing is loaded from elsewhere. */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await mkdir(here('dist/site'), { recursive: true });
await build({
  entryPoints: [here('src/main.ts')],
  outfile: here('dist/site/page.js'),
  bundle: true,
  format: 'iife',
  target: ['chrome90', 'firefox90', 'safari15'],
  minify: true,
  sourcemap: true,
  legalComments: 'none',
  logLevel: 'warning',
});
for (const name of ['index.html', 'style.css', 'icon.svg'])
  await copyFile(here(`static/${name}`), here(`dist/site/${name}`));
