import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runStep } from './progress.mjs';

const stampName = 'node_modules/.cache/cloudstage/build.json';
/** What a build makes, by the files without which `up` cannot work. */
const outputs = [
  'packages/cli/dist/main.js',
  'packages/render-node/dist/index.js',
  'packages/web-sdk/dist/bundle/tcgsdk.js',
  'examples/demo-page/dist/site/page.js',
];
const workspaceDirs = ['packages', 'examples', 'bench'];
const skippedDirs = new Set(['dist', 'node_modules', 'build']);

/** All files below `dir` that are written by people. */
function listSources(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) return skippedDirs.has(entry.name) ? [] : listSources(path);
      return entry.isFile() ? [path] : [];
    });
}

/** Hash of the names and contents of everything that a build reads. */
function sourceHash(root) {
  const hash = createHash('sha256').update(process.version);
  const top = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json'].map((name) =>
    join(root, name),
  );
  for (const path of [...top, ...workspaceDirs.flatMap((dir) => listSources(join(root, dir)))]) {
    hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Builds what changed since the last build: TypeScript, the browser bundles, the native preload. */
export async function ensureBuilt(root, logFile) {
  const stamp = join(root, stampName);
  const hash = sourceHash(root);
  const isComplete = outputs.every((name) => existsSync(join(root, name)));
  if (isComplete && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  const options = { cwd: root, logFile };
  const tsc = [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-b', '--pretty', 'false'];
  await runStep('Compiling TypeScript', tsc, options);
  await runStep('Bundling the browser SDK and the demo page', ['npm', 'run', '--silent', 'bundle'], options);
  const native = ['npm', 'run', '--silent', 'build:native', '-w', '@cloudstage/render-node'];
  await runStep('Compiling the native preload', native, options);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
