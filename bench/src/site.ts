import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@cloudstage/protocol';
import { build } from 'esbuild';
import { repository } from './product.js';

/** The SDK as a page loads it. */
const sdkPath = join(repository, 'packages/web-sdk/dist/bundle/tcgsdk.js');

const htmlWith = (
  ...scripts: readonly string[]
) => `<!doctype html><meta charset="utf-8"><title>Cloudstage bench</title>
<style>html,body{margin:0;height:100%;background:#000}#mount{width:100vw;height:100vh}</style>
<div id="mount"></div>${scripts.map((path) => `<script src="${path}"></script>`).join('')}`;

/** The pages of the benches, on a port of their own. */
export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

async function bundlePage(name: string): Promise<Uint8Array> {
  const compiled = fileURLToPath(new URL(`./page/${name}.js`, import.meta.url));
  const source = fileURLToPath(new URL(`./page/${name}.ts`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [existsSync(compiled) ? compiled : source],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/** Pages by path; each has a script of its own, those that play sessions the SDK as well. */
const pages = [
  { path: '/', script: 'page', withSdk: true },
  { path: '/impairment', script: 'impairment-page', withSdk: true },
  { path: '/sender', script: 'sender-page', withSdk: false },
] as const;

/**
 * Serves the page, isolated from other origins: then the browser's clock has 5 µs instead of 100 µs.
 * @throws AppError `sdk-not-built`.
 */
export async function serveSite(): Promise<Site> {
  if (!existsSync(sdkPath)) throw new AppError('sdk-not-built', `${sdkPath} does not exist; run "npm run build"`);
  const files = new Map<string, { readonly type: string; readonly body: Uint8Array | string }>([
    ['/sdk.js', { type: 'text/javascript', body: await readFile(sdkPath) }],
  ]);
  for (const { path, script, withSdk } of pages) {
    const scripts = [...(withSdk ? ['/sdk.js'] : []), `/${script}.js`];
    files.set(path, { type: 'text/html', body: htmlWith(...scripts) });
    files.set(`/${script}.js`, { type: 'text/javascript', body: await bundlePage(script) });
  }
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': file.type,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
