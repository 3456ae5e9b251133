import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlPlaneAdmin } from '@cloudstage/control-plane';
import { AppError } from '@cloudstage/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdminClient } from './client.js';
import { adminOperations, adminStreams } from './contract.js';
import { type AdminServer, createAdminServer } from './server.js';
import { adminSocketPath } from './socket-path.js';

let dir: string;
let server: AdminServer | null = null;

/** Pieces that were asked for. */
let asked = 0;
const piece = 'x'.repeat(100_000);

async function* exported(accountId: string, pieces: number): AsyncGenerator<string> {
  for (asked = 1; asked <= pieces; asked += 1) yield piece;
  if (accountId === 'broken') throw new Error('secret detail');
  if (accountId === 'refused') throw new AppError('query-invalid', 'asked for too much');
}

/** The part of the control plane that the socket reaches; what it does with a request is its own tests' business. */
const admin: Pick<ControlPlaneAdmin, 'findOrCreateApplication' | 'listPackages' | 'exportUsage'> = {
  findOrCreateApplication: async ({ name, args, archiveName }) => {
    if (name === 'broken') throw new Error('secret detail');
    if (name === 'refused') throw new AppError('package-invalid', 'the archive holds no such program');
    return { applicationId: `app-${name}-${args.join('+')}-${archiveName}`, created: true };
  },
  listPackages: async () => [],
  exportUsage: ({ accountId, to }) => exported(accountId ?? '', to),
};
const application = { name: 'etr', archivePath: '/tmp/a.zip', entryPath: 'bin/etr', args: ['-x', 'y z'] };

const start = async () => {
  server = await createAdminServer(adminSocketPath(dir), {
    operations: adminOperations,
    streams: adminStreams,
    admin: admin as ControlPlaneAdmin,
    logger: pino({ level: 'silent' }),
  });
};

function send(method: string, path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: adminSocketPath(dir), method, path }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'admin-'));
});
afterEach(async () => {
  await server?.close();
  server = null;
  rmSync(dir, { recursive: true, force: true });
});

describe('the admin socket', () => {
  it('carries requests and answers, and is open to its owner only', async () => {
    await start();
    expect(statSync(adminSocketPath(dir)).mode & 0o777).toBe(0o600);
    const client = createAdminClient(dir);
    expect(await client.call('application.add', application)).toEqual({
      applicationId: 'app-etr--x+y z-a.zip',
      created: true,
    });
    expect(await client.call('package.list', {})).toEqual([]);
  });

  it('carries refusals with code and text, and keeps the inside of bugs inside', async () => {
    await start();
    const client = createAdminClient(dir);
    await expect(client.call('application.add', { ...application, name: 'refused' })).rejects.toMatchObject({
      code: 'package-invalid',
      message: 'the archive holds no such program',
    });
    const bug = client.call('application.add', { ...application, name: 'broken' });
    await expect(bug).rejects.toMatchObject({ code: 'internal', message: expect.not.stringContaining('secret') });
  });

  it('refuses what it does not understand', async () => {
    await start();
    expect(await send('POST', '/application.add', '{"name":5}')).toMatchObject({
      status: 400,
      text: expect.stringContaining('name'),
    });
    expect(await send('POST', '/application.add', '{')).toMatchObject({ status: 400 });
    expect(await send('POST', '/application.add', 'x'.repeat(100_000))).toMatchObject({ status: 400 });
    expect(await send('GET', '/nothing', '')).toMatchObject({
      status: 400,
      text: expect.stringContaining('request-unknown'),
    });
    expect(await createAdminClient(dir).call('package.list', {})).toEqual([]);
  });

  it('carries answers of any length, as fast as they are taken', async () => {
    await start();
    const client = createAdminClient(dir);
    let length = 0;
    let ahead = 0;
    for await (const part of client.stream('usage.export', { from: 0, to: 1_000 })) {
      length += part.length;
      ahead = Math.max(ahead, asked * piece.length - length);
    }
    expect(length).toBe(1_000 * piece.length);
    // What lies between both ends: buffers of the socket, not the whole answer.
    expect(ahead).toBeLessThan(5_000_000);
  });

  it('stops asking when the reader goes away', async () => {
    await start();
    for await (const part of createAdminClient(dir).stream('usage.export', { from: 0, to: 1_000 })) {
      expect(part).toBe(piece);
      break;
    }
    expect(await createAdminClient(dir).call('package.list', {})).toEqual([]);
    expect(asked).toBeLessThan(500);
  });

  it('carries what goes wrong in the middle of a long answer, and tells one that was cut off', async () => {
    await start();
    const client = createAdminClient(dir);
    const readAll = async (accountId: string, each = async () => undefined as unknown) => {
      for await (const _part of client.stream('usage.export', { accountId, from: 0, to: 100 })) await each();
    };
    await expect(readAll('refused')).rejects.toMatchObject({ code: 'query-invalid', message: 'asked for too much' });
    await expect(readAll('broken')).rejects.toMatchObject({
      code: 'internal',
      message: expect.not.stringContaining('secret'),
    });
    await expect(readAll('acc-1', async () => server?.close())).rejects.toMatchObject({ code: 'admin-failed' });
    await expect(readAll('acc-1')).rejects.toMatchObject({ code: 'not-running' });
  });

  it('says what to do when nothing runs', async () => {
    await expect(createAdminClient(dir).call('package.list', {})).rejects.toMatchObject({
      code: 'not-running',
      message: expect.stringContaining('npm start'),
    });
  });

  it('replaces a socket that a killed process left', async () => {
    writeFileSync(adminSocketPath(dir), '');
    await start();
    expect(await createAdminClient(dir).call('package.list', {})).toEqual([]);
  });

  it('refuses a path that the kernel would cut', () => {
    expect(() => createAdminClient(`/tmp/${'x'.repeat(120)}`)).toThrow(/CLOUDSTAGE_DATA_DIR/);
  });
});
