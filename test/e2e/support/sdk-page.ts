import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { repository } from '@cloudstage/bench';

/** Build of TCGSDK under test: `CLOUDSTAGE_COMPAT_SDK`, or our own bundle. */
export const sdkPath = process.env.CLOUDSTAGE_COMPAT_SDK ?? join(repository, 'packages/web-sdk/dist/bundle/tcgsdk.js');

const html = `<!doctype html><meta charset="utf-8"><title>SDK rows</title>
<style>html,body{margin:0;height:100%}#mount{width:1280px;height:720px}</style>
<div id="mount"></div><script src="/sdk.js"></script>
<script>
  window.seen = [];
  window.note = (name) => (value) => { window.seen.push({ name, value: JSON.parse(JSON.stringify(value ?? null)) }); };
</script>`;

/** A page with nothing but the SDK and a 1280×720 mount, on a port of its own. */
export async function serveSdkPage(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sdk = await readFile(sdkPath);
  const server = createServer((request, response) => {
    if (request.url === '/sdk.js') response.setHeader('content-type', 'text/javascript').end(sdk);
    else response.setHeader('content-type', 'text/html').end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
