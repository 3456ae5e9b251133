import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import pino from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type HostProcess, spawnHostProcess } from '../host/host-process.js';
import { createLinkedProcess, type LinkedProcess } from './linked-process.js';

/** Real processes; the ones that are of use serve a socket and answer nothing. */

type Methods = { ask: { params: Record<string, never>; result: null } };

let dir: string;
let socketPath: string;
let started: HostProcess[];
let linked: LinkedProcess<Methods> | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'linked-'));
  socketPath = join(dir, 'a.sock');
  started = [];
  linked = undefined;
});
afterEach(async () => {
  await linked?.close();
  for (const each of started) await each.kill();
  rmSync(dir, { recursive: true });
});

async function spawnServer(): Promise<HostProcess> {
  const code = `require('node:fs').rmSync(${JSON.stringify(socketPath)}, { force: true });
    require('node:net').createServer(() => {}).listen(${JSON.stringify(socketPath)})`;
  const options = { name: 'server', argv: [process.execPath, '-e', code], env: {}, logPath: join(dir, 'log') };
  const { process: server } = await spawnHostProcess(options);
  started.push(server);
  return server;
}

/** Its first `failures` starts fail, and so does the taking over of what runs already. */
function createLinked(failures: number, onGivenUp: () => void) {
  let [starts, ups] = [0, 0];
  linked = createLinkedProcess<Methods, Record<string, never>>({
    ...{ name: 'server', socketPath, logPath: join(dir, 'log'), onGivenUp, maxFailures: 8 },
    spawn: async () => {
      starts += 1;
      if (starts <= failures) throw new AppError('process-start-failed', 'as on a machine with nothing left');
      return spawnServer();
    },
    onUp: async () => {
      ups += 1;
      if (ups === 1) throw new AppError('deadline-exceeded', 'it does not answer');
    },
    onEvent: () => undefined,
    onSpawned: () => undefined,
    onDown: () => undefined,
    logger: pino({ level: 'silent' }),
  });
  return linked;
}

it('goes on trying when what it takes over is of no use and cannot be replaced at once', async () => {
  const givenUp = vi.fn();
  const old = await spawnServer();
  const process = createLinked(3, givenUp);
  await process.start(old.identity, 'retry');
  expect(old.alive()).toBe(false);
  await vi.waitFor(() => expect(process.up()).toBe(true), { timeout: 30_000 });
  expect(givenUp).not.toHaveBeenCalled();
});

it('gives up after the failures that are allowed', async () => {
  const givenUp = vi.fn();
  const old = await spawnServer();
  const process = createLinked(8, givenUp);
  await process.start(old.identity, 'retry');
  await vi.waitFor(() => expect(givenUp).toHaveBeenCalledOnce(), { timeout: 60_000 });
  expect(process.up()).toBe(false);
});

it('fails at once when nobody depends on it', async () => {
  const old = await spawnServer();
  const process = createLinked(1, vi.fn());
  await expect(process.start(old.identity)).rejects.toMatchObject({ code: 'process-start-failed' });
  expect(process.up()).toBe(false);
});
