import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { isAppError } from '@cloudstage/protocol';
import Fastify, { type FastifyInstance } from 'fastify';
import * as tus from 'tus-js-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cloudApiServerOptions } from '../cloud-api/index.js';
import { createLogger } from '../observability/logger.js';
import { createMetrics, type Metrics } from '../observability/metrics.js';
import type { PackageSource, UploadCredential } from '../services/applications/package-source.js';
import { createPackageSource } from '../services/applications/uploads.js';
import { openStorage, type Storage } from '../storage/open-storage.js';
import { startS3Server, type TestS3Server } from '../storage/s3-server.testkit.js';
import { filesBelow, makeTestDirectory, type TestDirectory } from '../storage/stores.testkit.js';
import { createUploadTokens } from '../storage/uploads/upload-token.js';
import { registerUploads } from './routes.js';

const hour = 3_600_000;
const maxArchiveBytes = 60 * 1024 ** 2;
const masterKey = Buffer.alloc(32, 3);
const logger = createLogger({
  level: 'silent',
  name: 'test',
  destination: new Writable({ write: (_chunk, _encoding, done) => done() }),
});

/** One control plane's upload endpoint and source of packages. */
class Endpoint {
  directory!: TestDirectory;
  s3: TestS3Server | null = null;
  storage!: Storage;
  source!: PackageSource;
  server!: FastifyInstance;
  metrics!: Metrics;
  url = '';
  clock = Date.now();

  async open(type: 'fs' | 's3'): Promise<void> {
    this.directory = await makeTestDirectory();
    this.metrics = createMetrics();
    if (type === 's3') this.s3 = await startS3Server(join(this.directory.path, 'server'));
    await this.start();
  }

  async start(): Promise<void> {
    const now = () => this.clock;
    const s3 = this.s3?.settings ?? unused;
    this.storage = await openStorage(
      join(this.directory.path, 'data'),
      { type: this.s3 === null ? 'fs' : 's3', s3 },
      now,
    );
    const tokens = createUploadTokens(masterKey);
    const { uploads, incoming, multipart, place } = this.storage;
    this.source = createPackageSource({
      tokens,
      uploads,
      incoming,
      uploadUrl: () => `${this.url}/uploads/`,
      now,
      settings: {
        ...place,
        credentialMs: 2 * hour,
        maxArchiveBytes,
        download: { schemes: ['https'], allowPrivate: false, maxBytes: maxArchiveBytes, totalMs: hour },
      },
    });
    this.server = Fastify({ ...cloudApiServerOptions, logger: false, forceCloseConnections: true });
    const deps = { tokens, uploads, incoming, multipart, publicUrl: '', unfinishedMs: 48 * hour, logger, now };
    registerUploads(this.server, { ...deps, observer: this.metrics, corsOrigins: ['https://console.example'] });
    this.url = await this.server.listen({ host: '127.0.0.1', port: Number(new URL(this.url || 'http://x:0').port) });
  }

  credential(versionId = 'ver-one', fileName = 'game.zip'): Promise<UploadCredential> {
    return this.source.issueCredential({ accountId: 'acc', applicationId: 'app', versionId, fileName });
  }

  async uploaded(versionId = 'ver-one'): Promise<Buffer> {
    const opened = await this.source.open({ type: 'upload', versionId }, () => undefined);
    const content = await readFile(opened.archivePath);
    await opened.release();
    return content;
  }

  /** What the counters of uploads say, those that are not zero. */
  async counted(): Promise<Readonly<Record<string, number>>> {
    const lines = (await this.metrics.render()).text.split('\n').filter((line) => line.startsWith('cloudstage_upload'));
    const values = lines.map((line): [string, number] => {
      const [, name = '', label = '', value = ''] = /^cloudstage_uploads?_(\w+)\{\w+="(.*)"\} (\d+)$/.exec(line) ?? [];
      return [`${name} ${label}`, Number(value)];
    });
    return Object.fromEntries(values.filter(([, value]) => value > 0));
  }

  async stop(): Promise<void> {
    await this.server.close();
    this.storage.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.s3?.close();
    await this.directory.remove();
  }
}

const unused = {
  endpoint: '',
  publicEndpoint: '',
  region: 'us-east-1',
  bucket: '',
  prefix: '',
  accessKeyId: '',
  secretAccessKey: '',
  forcePathStyle: false,
};

/** Fields of the replies to multipart requests. */
interface MultipartReply {
  readonly uploadId: string;
  readonly partBytes: number;
  readonly parts: readonly { readonly partNumber: number; readonly url: string }[];
}

const bearer = (credential: UploadCredential) => ({ authorization: `Bearer ${credential.sessionToken}` });
const put = (credential: UploadCredential, body: Buffer | ReadableStream, path = credential.path) =>
  fetch(`${credential.uploadUrl}${path}`, {
    method: 'PUT',
    body,
    headers: bearer(credential),
    duplex: 'half',
  } as RequestInit);
const hashOf = (content: Buffer) => createHash('sha256').update(content).digest('hex');

function tusUpload(credential: UploadCredential, content: Buffer, options: Partial<tus.UploadOptions> = {}) {
  let upload: tus.Upload;
  const done = new Promise<tus.Upload>((resolve, reject) => {
    upload = new tus.Upload(content, {
      endpoint: credential.uploadUrl,
      headers: bearer(credential),
      retryDelays: [10, 20],
      chunkSize: 4 * 1024 ** 2,
      onError: reject,
      onSuccess: () => resolve(upload),
      ...options,
    });
    upload.start();
  });
  return done;
}

describe.each(['fs', 's3'] as const)('uploads: %s', (type) => {
  const endpoint = new Endpoint();
  beforeEach(() => endpoint.open(type));
  afterEach(() => endpoint.close());

  it('by tus, in chunks', async () => {
    const content = randomBytes(18 * 1024 ** 2);
    expect(await endpoint.source.findUpload('ver-one')).toBeNull();
    const credential = await endpoint.credential();
    await tusUpload(credential, content);
    expect(await endpoint.source.findUpload('ver-one')).toEqual({ path: credential.path });
    expect(hashOf(await endpoint.uploaded())).toBe(hashOf(content));
    expect(await endpoint.source.findUpload('ver-two')).toBeNull();
    expect(await endpoint.counted()).toEqual({ 'received_bytes_total tus': content.length, 'finished_total tus': 1 });
  });

  it('by tus, resumed after the control plane was restarted in the middle', async () => {
    const content = randomBytes(12 * 1024 ** 2);
    const credential = await endpoint.credential();
    let url = '';
    await new Promise<void>((resolve) => {
      const upload: tus.Upload = new tus.Upload(content, {
        endpoint: credential.uploadUrl,
        headers: bearer(credential),
        retryDelays: null,
        chunkSize: 4 * 1024 ** 2,
        onChunkComplete: () => {
          url = upload.url ?? '';
          void upload.abort().then(resolve);
        },
      });
      upload.start();
    });
    await endpoint.stop();
    await endpoint.start();
    expect(await endpoint.source.findUpload('ver-one')).toBeNull();
    const offsets: number[] = [];
    // A later credential of the same version may go on: the first may have expired meanwhile.
    const later = await endpoint.credential();
    const onProgress = (sent: number) => offsets.push(sent);
    await tusUpload(later, content, { uploadUrl: url, onProgress });
    expect(offsets[0]).toBeGreaterThanOrEqual(4 * 1024 ** 2);
    expect(await endpoint.source.findUpload('ver-one')).toEqual({ path: credential.path });
    expect(hashOf(await endpoint.uploaded())).toBe(hashOf(content));
    // Its state can still be asked for: the last reply may have been lost.
    const head = await fetch(url, { method: 'HEAD', headers: { ...bearer(later), 'tus-resumable': '1.0.0' } });
    expect(head.headers.get('upload-offset')).toBe(`${content.length}`);
  });

  it('by PUT, in one request; the last complete one counts', async () => {
    const credential = await endpoint.credential('ver-one', '../../evil/name.tar.gz');
    expect(credential.path).toMatch(/^ver-one\/[0-9a-f]{32}\.tar\.gz$/);
    const reply = await put(credential, Buffer.from('first'));
    expect([reply.status, await reply.json()]).toEqual([201, { path: credential.path, sizeBytes: 5 }]);
    const second = await endpoint.credential();
    expect((await put(second, Buffer.from('second'))).status).toBe(201);
    expect((await endpoint.uploaded()).toString()).toBe('second');
    await endpoint.source.discard('ver-one');
    expect(await endpoint.source.findUpload('ver-one')).toBeNull();
    expect(await endpoint.counted()).toEqual({ 'received_bytes_total put': 11, 'finished_total put': 2 });
    const missing = endpoint.source.open({ type: 'upload', versionId: 'ver-one' }, () => undefined);
    await expect(missing).rejects.toSatisfy((error) => isAppError(error, 'upload-not-found'));
  });

  it('that end in the middle leave nothing behind', async () => {
    const credential = await endpoint.credential();
    const before = await filesBelow(endpoint.directory.path);
    const { port } = new URL(endpoint.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PUT /uploads/${credential.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n` +
        `authorization: Bearer ${credential.sessionToken}\r\n\r\nhalf`,
    );
    // Directories come and go while they are listed: a listing that fails is made again.
    const files = () => filesBelow(endpoint.directory.path);
    await vi.waitFor(async () => expect((await files()).length).toBeGreaterThan(before.length), { timeout: 10_000 });
    socket.destroy();
    await vi.waitFor(async () => expect(await files()).toHaveLength(before.length), { timeout: 10_000 });
    expect(await endpoint.source.findUpload('ver-one')).toBeNull();
    // What came counts; that nothing came of it is nobody's refusal.
    await vi.waitFor(async () => expect(await endpoint.counted()).toEqual({ 'received_bytes_total put': 4 }), {
      timeout: 30_000,
    });
  });

  it('stay with whoever has opened them', async () => {
    await put(await endpoint.credential(), Buffer.from('content'));
    const opened = await endpoint.source.open({ type: 'upload', versionId: 'ver-one' }, () => undefined);
    await endpoint.source.discard('ver-one');
    expect((await readFile(opened.archivePath)).toString()).toBe('content');
    await opened.release();
    await expect(readFile(opened.archivePath)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are swept when their time is over', async () => {
    await put(await endpoint.credential(), Buffer.from('content'));
    expect(await endpoint.storage.sweep({ unfinishedMs: hour, uploadMs: hour })).toEqual({ unfinished: 0, unused: 0 });
    expect(await endpoint.source.findUpload('ver-one')).not.toBeNull();
    endpoint.clock += 2 * hour;
    expect(await endpoint.storage.sweep({ unfinishedMs: hour, uploadMs: hour })).toEqual({ unfinished: 0, unused: 1 });
    expect(await endpoint.source.findUpload('ver-one')).toBeNull();
  });
});

describe('uploads straight into a bucket', () => {
  const endpoint = new Endpoint();
  beforeEach(() => endpoint.open('s3'));
  afterEach(() => endpoint.close());

  const call = async (credential: UploadCredential, step: string, body: unknown) => {
    const headers = { ...bearer(credential), 'content-type': 'application/json' };
    const reply = await fetch(`${credential.uploadUrl}multipart${step}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: reply.status, body: (await reply.json()) as MultipartReply };
  };

  it('go up in parts by signed URLs', async () => {
    const content = randomBytes(20 * 1024 ** 2);
    const credential = await endpoint.credential();
    expect(credential).toMatchObject({ bucket: 'packages', region: 'us-east-1' });
    const { body: begun } = await call(credential, '', { sizeBytes: content.length });
    expect(begun).toMatchObject({ partBytes: 16 * 1024 ** 2, partCount: 2 });
    const { body: signed } = await call(credential, '/parts', { uploadId: begun.uploadId, partNumbers: [1, 2] });
    const parts: { partNumber: number; etag: string }[] = [];
    for (const { partNumber, url } of signed.parts) {
      const part = content.subarray((partNumber - 1) * begun.partBytes, partNumber * begun.partBytes);
      const reply = await fetch(url, { method: 'PUT', body: part });
      expect(reply.status).toBe(200);
      parts.unshift({ partNumber, etag: reply.headers.get('etag') ?? '' });
    }
    expect(await endpoint.source.findUpload('ver-one')).toBeNull();
    const done = await call(credential, '/complete', { uploadId: begun.uploadId, parts });
    expect(done).toEqual({ status: 200, body: { path: credential.path, sizeBytes: content.length } });
    expect(await endpoint.counted()).toEqual({
      'received_bytes_total bucket': content.length,
      'finished_total bucket': 1,
    });
    expect(hashOf(await endpoint.uploaded())).toBe(hashOf(content));
  });

  it('are bounded in size, checked and can be given up', async () => {
    const credential = await endpoint.credential();
    expect(await call(credential, '', { sizeBytes: maxArchiveBytes + 1 })).toMatchObject({ status: 413 });
    expect(await call(credential, '', { sizeBytes: 'x' })).toMatchObject({ status: 400 });
    expect(await call(credential, '/parts', { uploadId: 'x', partNumbers: [0] })).toMatchObject({ status: 400 });
    const { body } = await call(credential, '', { sizeBytes: 10 });
    expect(await call(credential, '/abort', { uploadId: body.uploadId })).toEqual({ status: 200, body: {} });
    const wrong = { ...credential, sessionToken: `${credential.sessionToken}x` };
    expect(await call(wrong, '', { sizeBytes: 10 })).toMatchObject({ status: 401, body: { code: 'token-invalid' } });
  });
});

describe('the upload endpoint refuses', () => {
  const endpoint = new Endpoint();
  beforeEach(() => endpoint.open('fs'));
  afterEach(() => endpoint.close());

  it('tokens that are missing, forged, of another key or expired', async () => {
    const credential = await endpoint.credential();
    const status = async (token: string) =>
      (await put({ ...credential, sessionToken: token }, Buffer.from('x'))).status;
    const [version, body = '', mac = ''] = credential.sessionToken.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify([...claims.slice(0, 4), 1e15, 1e15])).toString('base64url');
    const other = createUploadTokens(Buffer.alloc(32, 4)).issue({
      accountId: 'acc',
      applicationId: 'app',
      versionId: 'ver-one',
      path: credential.path,
      maxBytes: 9,
      expiresAt: 1e15,
    });
    expect(await status('x')).toBe(401);
    expect(await status(`${version}.${forged}.${mac}`)).toBe(401);
    expect(await status(`${version}.${body}.${mac.slice(1)}`)).toBe(401);
    expect(await status(other.sessionToken)).toBe(401);
    endpoint.clock = credential.expiresAt - 1;
    expect(await status(credential.sessionToken)).toBe(201);
    endpoint.clock = credential.expiresAt;
    const late = await put(credential, Buffer.from('x'));
    expect([late.status, await late.json()]).toMatchObject([401, { code: 'token-expired' }]);
    const begin = await fetch(credential.uploadUrl, { method: 'POST', headers: { 'tus-resumable': '1.0.0' } });
    expect(begin.status).toBe(401);
    expect(await endpoint.counted()).toMatchObject({
      'refused_total token-invalid': 5,
      'refused_total token-expired': 1,
    });
  });

  it('another path, more bytes than allowed, and uploads of other versions', async () => {
    const credential = await endpoint.credential();
    for (const path of ['ver-two/x.zip', `${credential.path}/../x`, '..%2f..%2fmaster.key']) {
      expect([400, 403]).toContain((await put(credential, Buffer.from('x'), path)).status);
    }
    expect((await put(credential, Buffer.alloc(maxArchiveBytes + 1))).status).toBe(413);
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1024 ** 2)),
    });
    // The server may close before the client has sent all.
    const outcome = await put(credential, endless).then(
      (reply) => reply.status,
      () => 'closed',
    );
    expect([413, 'closed']).toContain(outcome);
    expect(await endpoint.source.findUpload('ver-one')).toBeNull();
    await expect(tusUpload(credential, Buffer.alloc(maxArchiveBytes + 1), { retryDelays: null })).rejects.toThrow(
      /413/,
    );

    const begin = {
      method: 'POST',
      headers: { ...bearer(credential), 'tus-resumable': '1.0.0', 'upload-length': '9' },
    };
    const location = (await fetch(credential.uploadUrl, begin)).headers.get('location') ?? '';
    const other = await endpoint.credential('ver-two');
    for (const method of ['HEAD', 'DELETE']) {
      const headers = { ...bearer(other), 'tus-resumable': '1.0.0' };
      expect((await fetch(new URL(location, endpoint.url), { method, headers })).status).toBe(404);
    }
    expect(await endpoint.counted()).toMatchObject({
      'refused_total path-mismatch': expect.any(Number),
      'refused_total upload-not-found': 2,
      'refused_total tus-413': 1,
    });
    const { directory } = endpoint.storage.incoming;
    expect(await readdir(directory)).toHaveLength(2);
    await endpoint.source.discard('ver-one');
    expect(await readdir(directory)).toEqual([]);
  });

  it('more unfinished uploads of a version than anybody needs, and forgets old ones', async () => {
    const credential = await endpoint.credential();
    const begin = () =>
      fetch(credential.uploadUrl, {
        method: 'POST',
        headers: { ...bearer(credential), 'tus-resumable': '1.0.0', 'upload-length': '9' },
      });
    const statuses: number[] = [];
    for (let i = 0; i < 9; i += 1) statuses.push((await begin()).status);
    expect(statuses).toEqual([...Array.from({ length: 8 }, () => 201), 429]);
    const { directory } = endpoint.storage.incoming;
    for (const name of await readdir(directory)) await utimes(join(directory, name), new Date(0), new Date(0));
    await writeFile(join(directory, 'ver-two.json'), '{}');
    const bounds = { unfinishedMs: 48 * hour, uploadMs: hour };
    expect(await endpoint.storage.sweep(bounds)).toEqual({ unfinished: 8, unused: 0 });
    expect(await readdir(directory)).toEqual(['ver-two.json']);
    expect(await endpoint.counted()).toEqual({ 'refused_total upload-too-many': 1 });
    // The name that a finished one leaves behind is no unfinished upload; its file, the same one, is as old and unused.
    await tusUpload(credential, Buffer.from('content'));
    for (const name of await readdir(directory)) await utimes(join(directory, name), new Date(0), new Date(0));
    expect(await endpoint.storage.sweep(bounds)).toEqual({ unfinished: 0, unused: 1 });
  });

  it('parts where there is no bucket', async () => {
    const credential = await endpoint.credential();
    const reply = await fetch(`${credential.uploadUrl}multipart`, {
      method: 'POST',
      headers: { ...bearer(credential), 'content-type': 'application/json' },
      body: '{"sizeBytes":1}',
    });
    expect([reply.status, await reply.json()]).toMatchObject([404, { code: 'multipart-unavailable' }]);
  });

  it('pages of other origins, and lets those that are allowed read', async () => {
    const credential = await endpoint.credential();
    const preflight = async (url: string, method: string, origin: string) =>
      (
        await fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method } })
      ).headers.get('access-control-allow-origin');
    for (const [url, method] of [
      [credential.uploadUrl, 'POST'],
      [`${credential.uploadUrl}tus/ver-one.x`, 'PATCH'],
      [`${credential.uploadUrl}${credential.path}`, 'PUT'],
      [`${credential.uploadUrl}multipart/parts`, 'POST'],
    ] as const) {
      expect(await preflight(url, method, 'https://console.example')).toBe('https://console.example');
      expect(await preflight(url, method, 'https://evil.example')).toBeNull();
    }
    const allowed = await fetch(`${credential.uploadUrl}tus/ver-one.x`, { method: 'OPTIONS' });
    expect(allowed.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
    expect(allowed.headers.get('tus-version')).toBe('1.0.0');
  });
});
