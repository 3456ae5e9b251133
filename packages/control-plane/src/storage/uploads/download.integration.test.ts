import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { isAppError } from '@cloudstage/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow, makeTestDirectory, type TestDirectory } from '../stores.testkit.js';
import { type DownloadSettings, downloadUrl } from './download.js';
import { isPublicAddress, type Resolve } from './download-address.js';

let directory: TestDirectory;
let target: string;
const servers: Server[] = [];
beforeEach(async () => {
  directory = await makeTestDirectory();
  target = join(directory.path, 'archive');
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await directory.remove();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const settings: DownloadSettings = {
  schemes: ['https', 'http'],
  allowPrivate: true,
  maxBytes: 1_000_000,
  totalMs: 60_000,
};
const download = (url: string, some: Partial<DownloadSettings> = {}, signal?: AbortSignal) =>
  downloadUrl(url, target, { ...settings, ...some }, { onProgress: () => undefined, signal });
const failsWith = async (code: string, attempt: Promise<unknown>) => {
  const error: unknown = await attempt.then(
    () => 'nothing was thrown',
    (thrown: unknown) => thrown,
  );
  expect(isAppError(error) ? error.code : error).toBe(code);
};

it.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:127.0.0.1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['not an address', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});

describe('a download', () => {
  it('goes to disk with progress, as the bytes are, over redirects', async () => {
    const content = gzipSync(Buffer.alloc(300_000, 7), { level: 0 });
    const url = await serve((request, response) => {
      if (request.url !== '/file') response.writeHead(302, { location: '/file' }).end();
      else response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': content.length }).end(content);
    });
    const fractions: number[] = [];
    await downloadUrl(`${url}/start`, target, settings, { onProgress: (fraction) => fractions.push(fraction) });
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(fractions.at(-1)).toBe(1);
  });

  it('verifies certificates', async () => {
    const key = join(directory.path, 'key.pem');
    const cert = join(directory.path, 'cert.pem');
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
        ...['-subj', '/CN=packages.test', '-addext', 'subjectAltName=DNS:packages.test', '-keyout', key, '-out', cert],
      ],
      { stdio: 'ignore' },
    );
    const ca = await readFile(cert, 'utf8');
    const server = createTlsServer({ key: await readFile(key), cert: ca }, (_request, response) => response.end('tls'));
    servers.push(server as unknown as Server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    await failsWith('download-unreachable', download(`https://packages.test:${port}/`, { resolve }));
    await failsWith('download-unreachable', download(`https://other.test:${port}/`, { resolve, ca }));
    await download(`https://packages.test:${port}/`, { resolve, ca });
    expect((await readFile(target)).toString()).toBe('tls');
  });

  it('refuses URLs, schemes and addresses by name', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.end('secret of the network');
    });
    const { port } = new URL(url);
    const strict = { allowPrivate: false };
    const cases: readonly [string, string, Partial<DownloadSettings>][] = [
      ['download-url-invalid', 'not a URL', {}],
      ['download-url-invalid', `http://user:pass@127.0.0.1:${port}/`, {}],
      ['download-url-invalid', `http://127.0.0.1:${port}/${'x'.repeat(5_000)}`, {}],
      ['download-scheme-refused', 'file:///etc/passwd', {}],
      ['download-scheme-refused', 'ftp://example.com/x', {}],
      ['download-scheme-refused', url, { schemes: ['https'] }],
      ['download-address-refused', url, strict],
      ['download-address-refused', `http://localhost:${port}/`, strict],
      ['download-address-refused', `http://2130706433:${port}/`, strict],
      ['download-address-refused', `http://0x7f.1:${port}/`, strict],
      ['download-address-refused', `http://[::ffff:127.0.0.1]:${port}/`, strict],
      ['download-address-refused', `http://0:${port}/`, strict],
      ['download-unreachable', 'http://name.invalid/', {}],
    ];
    for (const [code, text, some] of cases) await failsWith(code, download(text, some));
    expect(asked).toBe(0);
    expect(await filesBelow(directory.path)).toEqual([]);
  });

  it('connects to the address that was checked, and checks those behind redirects', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: 'http://inner.test/' }).end());
    const { port } = new URL(url);
    const asked: string[] = [];
    // A name that gives another address each time it is asked.
    const rebinding: Resolve = async (host) => {
      asked.push(host);
      return [{ address: asked.length === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    };
    await failsWith('download-unreachable', download(`http://outer.test:${port}/`, { resolve: rebinding }));
    expect(asked).toEqual(['outer.test', 'inner.test']);
    const inner: Resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    const one = { resolve: inner, allowPrivate: false };
    await failsWith('download-address-refused', download(`http://both.test:${port}/`, one));
  });

  it('names what a server does wrong', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
      if (request.url === '/to-file') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
      if (request.url === '/404') response.writeHead(404).end();
      if (request.url === '/large') response.writeHead(200, { 'content-length': '2000000' }).write('x');
    });
    await failsWith('download-too-many-redirects', download(`${url}/loop`));
    await failsWith('download-scheme-refused', download(`${url}/to-file`));
    await failsWith('download-refused', download(`${url}/404`));
    await failsWith('download-too-large', download(`${url}/large`));
  });

  it.each([
    ['/endless', 'download-too-large', {}],
    ['/stalls', 'download-timeout', { idleMs: 50 }],
    ['/silent', 'download-timeout', { idleMs: 50 }],
    ['/stalls', 'download-timeout', { totalMs: 50 }],
    ['/breaks', 'download-incomplete', {}],
  ] as const)('%s ends as %s', async (path, code, some) => {
    const url = await serve((request, response) => {
      if (request.url === '/endless') response.writeHead(200).write(Buffer.alloc(1_000_001));
      if (request.url === '/stalls') response.writeHead(200, { 'content-length': '10' }).write('x');
      if (request.url === '/breaks') {
        response.writeHead(200, { 'content-length': '10' }).write('x', () => response.destroy());
      }
    });
    await failsWith(code, download(`${url}${path}`, some));
  });

  it('can be given up', async () => {
    const stop = new AbortController();
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x');
      stop.abort();
    });
    await failsWith('download-aborted', download(url, {}, stop.signal));
  });
});
