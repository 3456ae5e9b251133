import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectRpc, type RpcClient, type RpcServer, serveRpc } from './rpc.js';

type Methods = {
  double: { params: { readonly value: number }; result: number };
  fail: { params: { readonly known: boolean }; result: null };
  hang: { params: Record<string, never>; result: null };
};
type Events = { tick: { readonly count: number } };

let dir: string;
let path: string;
let server: RpcServer<Events>;
let client: RpcClient<Methods>;
let ticks: number[];
const soon = { deadlineMs: 10_000 };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rpc-'));
  path = join(dir, 'a.sock');
  ticks = [];
  server = await serveRpc<Methods, Events>(path, {
    double: ({ value }) => value * 2,
    fail: ({ known }) => {
      throw known ? new AppError('offer-invalid', 'no video') : new TypeError('oops');
    },
    hang: () => new Promise(() => undefined),
  });
  client = await connectRpc<Methods, Events>(path, (_event, { count }) => ticks.push(count));
});
afterEach(async () => {
  await client.close();
  await server.close();
  rmSync(dir, { recursive: true });
});

it('answers calls, also many at once, each with its own result', async () => {
  const values = Array.from({ length: 500 }, (_, value) => value);
  expect(await Promise.all(values.map((value) => client.call('double', { value }, soon)))).toEqual(
    values.map((value) => value * 2),
  );
});

it('carries the code of a refusal, and hides what else went wrong', async () => {
  await expect(client.call('fail', { known: true }, soon)).rejects.toMatchObject({ code: 'offer-invalid' });
  await expect(client.call('fail', { known: false }, soon)).rejects.toMatchObject({ code: 'internal' });
});

it('knows only its own methods', async () => {
  for (const name of ['none', 'constructor', 'toString', '__proto__']) {
    const call = client.call(name as 'double', { value: 1 }, soon);
    await expect(call, name).rejects.toMatchObject({ code: 'rpc-method-unknown' });
  }
});

it('has a deadline, and rejects what is open when the link ends', async () => {
  await expect(client.call('hang', {}, { deadlineMs: 20 })).rejects.toMatchObject({ code: 'deadline-exceeded' });
  const open = expect(client.call('hang', {}, soon)).rejects.toMatchObject({ code: 'rpc-closed' });
  await server.close();
  await open;
  await client.closed;
  await expect(client.call('double', { value: 1 }, soon)).rejects.toMatchObject({ code: 'rpc-closed' });
});

it('delivers events in order', async () => {
  for (let count = 0; count < 3; count++) server.emit('tick', { count });
  await client.call('double', { value: 1 }, soon);
  expect(ticks).toEqual([0, 1, 2]);
});

it('survives garbage, and lets nobody else in', async () => {
  for (const bytes of ['rubbish\n', 'null\n', '[]\n', '{"id":1}\n', 'x'.repeat(2_000_000)]) {
    await new Promise<void>((resolve) => {
      const socket = createConnection(path);
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.on('data', () => socket.destroy());
      socket.write(bytes);
      // Half-closing makes the server end what it did not refuse.
      socket.end();
    });
  }
  expect(await client.call('double', { value: 4 }, soon)).toBe(8);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('replaces the socket of a killed server', async () => {
  await client.close();
  const second = await serveRpc<Methods, Events>(path, { double: () => 1, fail: () => null, hang: () => null });
  client = await connectRpc<Methods, Events>(path, () => undefined);
  expect(await client.call('double', { value: 9 }, soon)).toBe(1);
  await second.close();
});
