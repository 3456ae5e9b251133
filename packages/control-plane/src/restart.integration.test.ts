import { execFile, spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { isAppError } from '@cloudstage/protocol';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSession } from './db/sessions.js';
import { listSlots } from './db/slots.js';
import { bundleTestkit } from './testing/bundle.testkit.js';
import { createTestDatabase, onPostgres } from './testing/database.testkit.js';
import { applyInput, createHarness, createInput, openTestDatabase, until } from './testing/harness.testkit.js';
import { findViolations } from './testing/invariants.testkit.js';
import { startNodeSimulator } from './testing/node-simulator.testkit.js';
import { type EmptyDatabase, findPostgresPrograms } from './testing/postgres-cluster.testkit.js';

/** One database for all tests, which run in order: making an embedded one takes seconds of processor time, opening it none. */
let made: EmptyDatabase;
let url: string;
/** Opening a database and starting processes take long while the other cores build something. */
const timeout = 240_000;

beforeAll(async () => {
  made = await createTestDatabase();
  url = made.url;
});
afterAll(() => made.drop());

/** Runs the child until `rounds` rounds are done and kills it without warning; gives the running session's id. */
async function runAndKill(script: string, url: string, rounds: number): Promise<string> {
  const child = spawn(process.execPath, [script, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  let sessionId = '';
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('ses-')) sessionId = line;
      if (line === `round ${rounds}`) break;
    }
  } finally {
    child.kill('SIGKILL');
    await gone;
  }
  return sessionId;
}

describe('a control plane that is killed at any moment', () => {
  it('opens its database again, keeps the running session and goes on', { timeout }, async () => {
    const script = await bundleTestkit('crash-child');
    try {
      for (const rounds of [0, 5, 1]) {
        const sessionId = await runAndKill(script, url, rounds);
        const database = await openTestDatabase(url);
        expect(await findViolations(database)).toEqual([]);
        expect((await findSession(database.executor, sessionId))?.state).toBe('running');
        const harness = await createHarness(database);
        // The agent has gone on: it still runs the session, in the slot it had.
        await startNodeSimulator(harness.uplink, { initial: [{ state: 'busy', sessionId, connected: true }] });
        await until('the other slot to be free', async () => (await listSlots(database.executor))[1]?.state === 'idle');
        expect(await harness.services.applyConcurrent(harness.caller, applyInput(harness, 'player'))).toEqual({
          type: 'reserved',
          sessionId,
        });
        await harness.stop();
        await database.close();
      }
    } finally {
      await rm(script, { force: true });
    }
  });
});

describe('a restart', () => {
  it('loses no session: the program runs on and its client reconnects', { timeout }, async () => {
    const first = await openTestDatabase(url);
    const before = await createHarness(first);
    const node = await startNodeSimulator(before.uplink);
    await before.services.applyConcurrent(before.caller, applyInput(before, 'u1'));
    const created = await before.services.createSession(before.caller, createInput('u1'));
    if (created.type !== 'created') throw new Error(created.type);
    await node.clientConnected(created.sessionId, true);
    await node.clientConnected(created.sessionId, false);
    const { reconnectToken } = node.connects.at(-1)!.peer!;
    await before.stop();
    await first.close();

    const second = await openTestDatabase(url);
    const after = await createHarness(second, { startAt: before.now() + 10_000 });
    await startNodeSimulator(after.uplink, { initial: [{ state: 'busy', sessionId: created.sessionId }] });
    expect((await findSession(second.executor, created.sessionId))?.state).toBe('waiting-reconnect');
    const offer = { requestId: 'r', token: reconnectToken, userId: 'u1', clientSession: { sdp: 'v=0\r\n' } };
    expect(await after.services.reconnectSession(offer)).toMatchObject({
      type: 'created',
      sessionId: created.sessionId,
    });
    await after.stop();
    await second.close();
  });
});

/** Everything that is in a database directory. */
async function readFiles(dir: string): Promise<string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile());
  return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')));
}

/** Everything that is in a database of a server. */
async function dumpServer(url: string): Promise<string> {
  const pgDump = join(await findPostgresPrograms(), 'pg_dump');
  return (await promisify(execFile)(pgDump, [url], { maxBuffer: 64 << 20 })).stdout;
}

describe('the database', () => {
  it.skipIf(onPostgres())('is opened by one process at a time', { timeout }, async () => {
    const database = await openTestDatabase(url);
    await expect(openTestDatabase(url)).rejects.toSatisfy((error) => isAppError(error, 'database-in-use'));
    await database.close();
    await (await openTestDatabase(url)).close();
  });

  it('URL is checked', async () => {
    for (const wrong of ['mysql://x', 'pglite:', '']) {
      await expect(openTestDatabase(wrong)).rejects.toSatisfy((error) => isAppError(error, 'database-url-invalid'));
    }
  });

  it('holds secrets and tokens only in sealed form', { timeout }, async () => {
    const database = await openTestDatabase(url);
    const harness = await createHarness(database);
    await database.executor.execute(sql`DELETE FROM access_keys`);
    const key = await harness.services.ensureAccessKey();
    expect(key.secretKey).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(await harness.services.ensureAccessKey()).toEqual({ ...key, secretKey: null });
    expect(await harness.services.findAccessKey(key.secretId)).toMatchObject({
      secretId: key.secretId,
      secretKey: key.secretKey,
      accountId: key.accountId,
      enabled: true,
    });
    expect(await harness.services.findAccessKey('AKIDnobody')).toBeNull();
    const node = await startNodeSimulator(harness.uplink);
    await harness.services.applyConcurrent(harness.caller, applyInput(harness, 'u1'));
    await harness.services.createSession(harness.caller, createInput('u1'));
    const { reconnectToken } = node.connects.at(-1)!.peer!;
    await harness.stop();
    await database.close();
    const contents = onPostgres() ? [await dumpServer(url)] : await readFiles(url.slice('pglite:'.length));
    expect(contents.some((content) => content.includes(key.secretId))).toBe(true);
    expect(contents.some((content) => content.includes(key.secretKey ?? ''))).toBe(false);
    expect(contents.some((content) => content.includes(reconnectToken))).toBe(false);
    expect(harness.logLines.join('')).not.toContain(reconnectToken);
  });

  it('is refused when a newer program has migrated it', { timeout }, async () => {
    const database = await openTestDatabase(url);
    await database.executor.execute(sql`INSERT INTO schema_migrations VALUES (9999, 'from the future', 1)`);
    await database.close();
    await expect(openTestDatabase(url)).rejects.toSatisfy((error) => isAppError(error, 'database-schema-newer'));
  });
});
