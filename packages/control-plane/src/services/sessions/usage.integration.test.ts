import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { readClosedUsage } from '../../db/usage.js';
import {
  createHarness,
  createInput,
  type Harness,
  openTestDatabase,
  resetDatabase,
} from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { createUsers, type Users } from '../../testing/users.testkit.js';
import { csvLine } from './csv.js';

const day = 86_400_000;
/** Midnight UTC. */
const midnight = 1_700_006_400_000;

let database: Database;
let h: Harness;
let node: NodeSimulator;
let users: Users;

const destroy = (userId: string) => h.services.destroySession(h.caller, { userId });
const closed = () =>
  readClosedUsage(
    database.executor,
    { accountId: null, projectId: null, from: 0, to: Number.MAX_SAFE_INTEGER },
    { after: null, limit: 1_000 },
  );
const exported = async (query: { from: number; to: number; accountId?: string; projectId?: string }) => {
  let text = '';
  for await (const part of h.services.exportUsage(query)) text += part;
  return text;
};

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  h = await createHarness(database, { startAt: midnight - 60_000 });
  node = await startNodeSimulator(h.uplink, { slots: 4, region: 'ap-tokyo' });
  users = createUsers(h, node);
});
afterEach(() => h.stop());

/** Reserved 10 s, starting 5 s, plays 120 s over midnight, waits 20 s, plays 30 s, is destroyed. */
const playOverMidnight = async (userId: string) => {
  await users.reserve(userId);
  h.advance(10_000);
  await h.services.createSession(h.caller, createInput(userId));
  h.advance(5_000);
  const sessionId = await users.start(userId);
  await node.clientConnected(sessionId, true);
  h.advance(120_000);
  await node.clientConnected(sessionId, false);
  h.advance(20_000);
  await node.clientConnected(sessionId, true);
  h.advance(30_000);
  await destroy(userId);
  await users.ended(sessionId);
  return sessionId;
};

describe('usage records', () => {
  it('tell idle and active time apart, to the millisecond', async () => {
    const sessionId = await playOverMidnight('u1');
    expect((await closed()).map(({ kind, startedAt, endedAt }) => [kind, endedAt - startedAt])).toEqual([
      ['idle', 15_000],
      ['active', 120_000],
      ['idle', 20_000],
      ['active', 30_000],
    ]);
    expect((await closed())[0]).toMatchObject({ sessionId, userId: 'u1', projectId: h.projectId, region: 'ap-tokyo' });
    const detail = await h.services.findSessionDetail({ sessionId });
    expect(detail!.usage).toEqual({ idleMs: 35_000, activeMs: 150_000 });
  });

  it('count a session that runs without client as active, whether clients come or go', async () => {
    const sessionId = await users.start('u1', { runWithoutClient: true, clientSession: null });
    h.advance(3_000);
    await node.clientConnected(sessionId, true);
    h.advance(3_000);
    await node.clientConnected(sessionId, false);
    h.advance(3_000);
    const detail = await h.services.findSessionDetail({ sessionId });
    expect(detail).toMatchObject({ state: 'running', usage: { idleMs: 0, activeMs: 9_000 } });
  });

  it('tile the life of every session, whatever happens to it and whatever the clock does', async () => {
    type Step = { readonly what: 'connect' | 'client' | 'gone' | 'exit' | 'destroy' | 'sweep'; readonly ms: number };
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom<Step['what']>('connect', 'client', 'gone', 'gone', 'client', 'sweep', 'exit', 'destroy'),
        ms: fc.integer({ min: -30_000, max: 90_000 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    let user = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence: readonly Step[]) => {
        user += 1;
        const userId = `u${user}`;
        const sessionId = await users.reserve(userId);
        const createdAt = h.now();
        for (const { what, ms } of sequence) {
          h.advance(ms);
          await node.sendStatus();
          const isThere = node.describe().slots.some((slot) => slot.sessionId === sessionId && slot.state === 'busy');
          if (what === 'connect') await h.services.createSession(h.caller, createInput(userId));
          if (what === 'client' && isThere) await node.clientConnected(sessionId, true);
          if (what === 'gone' && isThere) await node.clientConnected(sessionId, false);
          if (what === 'exit' && isThere) await node.programExited(sessionId, 0);
          if (what === 'destroy') await destroy(userId);
          if (what === 'sweep') await h.services.sweep();
          await h.settled();
        }
        await destroy(userId);
        const { endedAt } = await users.ended(sessionId);
        await h.settled();
        let end = createdAt;
        for (const interval of (await closed()).filter((row) => row.sessionId === sessionId)) {
          expect(interval.startedAt).toBe(end);
          end = interval.endedAt;
        }
        expect(end).toBe(endedAt);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the export of usage', () => {
  it('has a line for each interval, cut to the range, the open ones included', async () => {
    const from = h.now();
    const sessionId = await playOverMidnight('=cmd|"a"');
    const open = await users.play('u2');
    h.advance(7_500);
    const lines = (await exported({ from, to: h.now() + day })).split('\r\n');
    expect(lines[0]).toBe(
      'session_id,account_id,project_id,application_id,type,region,user_id,kind,started_at,ended_at,seconds',
    );
    const start = `${sessionId},${h.caller.accountId},${h.projectId},${h.applicationId},L1,ap-tokyo,"'=cmd|""a""",`;
    expect(lines[1]).toBe(`${start}idle,2023-11-14T23:59:00.000Z,2023-11-14T23:59:15.000Z,15.000`);
    expect(lines).toHaveLength(1 + 4 + 1 + 1);
    expect(lines[5]).toBe(
      `${open},${h.caller.accountId},${h.projectId},${h.applicationId},L1,ap-tokyo,u2,active,` +
        '2023-11-15T00:02:05.000Z,2023-11-15T00:02:12.500Z,7.500',
    );
    expect(lines.at(-1)).toBe('');
    const cut = (await exported({ from: midnight, to: midnight + 10_000 })).split('\r\n');
    expect(cut[1]).toMatch(/,active,2023-11-15T00:00:00.000Z,2023-11-15T00:00:10.000Z,10.000$/);
    expect(cut).toHaveLength(3);
    expect(await exported({ from, to: h.now(), accountId: 'acc-other' })).toBe(`${lines[0]}\r\n`);
    expect(await exported({ from, to: h.now(), projectId: 'cap-other' })).toBe(`${lines[0]}\r\n`);
    expect((await exported({ from, to: h.now(), projectId: h.projectId })).split('\r\n')).toHaveLength(lines.length);
  });

  it('reads pages by key: more records than a page come once each', async () => {
    const from = h.now();
    const sessionId = await users.play('u1');
    for (let i = 0; i < 300; i += 1) {
      h.advance(1_000);
      await node.clientConnected(sessionId, i % 2 === 1);
      await node.clientConnected(sessionId, i % 2 === 0);
      h.advance(1_000);
      await node.clientConnected(sessionId, i % 2 === 1);
    }
    const lines = (await exported({ from, to: h.now() })).trim().split('\r\n').slice(1);
    const seconds = lines.map((line) => Number(line.split(',').at(-1)));
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.length).toBeGreaterThan(500);
    expect(seconds.reduce((sum, value) => sum + value, 0)).toBe(600);
  });

  it('adds up by project and day in UTC', async () => {
    await playOverMidnight('u1');
    const totals = await h.services.readUsageTotals({ from: midnight - day, to: midnight + day });
    const common = { accountId: h.caller.accountId, projectId: h.projectId };
    expect(totals).toEqual([
      { ...common, day: '2023-11-14', milliseconds: { idle: 15_000, active: 45_000 } },
      { ...common, day: '2023-11-15', milliseconds: { idle: 20_000, active: 105_000 } },
    ]);
    await users.play('u2');
    h.advance(1_000);
    const range = { from: midnight, to: midnight + day };
    expect((await h.services.readUsageTotals(range))[0]!.milliseconds).toEqual({ idle: 20_000, active: 106_000 });
    expect(await h.services.readUsageTotals({ ...range, accountId: 'acc-other' })).toEqual([]);
  });

  it('refuses ranges that are none or too long', async () => {
    for (const range of [
      { from: 2, to: 1 },
      { from: 0, to: 367 * day },
      { from: Number.NaN, to: 1 },
    ]) {
      await expect(h.services.readUsageTotals(range)).rejects.toMatchObject({ code: 'query-invalid' });
      expect(() => h.services.exportUsage(range)).toThrow('at most 366 days');
    }
  });
});

describe('a line of CSV', () => {
  it('quotes what must be quoted and disarms formulas', () => {
    expect(csvLine(['a', 'b,c', 'd"e', 'f\ng', 1])).toBe('a,"b,c","d""e","f\ng",1\r\n');
    for (const lead of ['=', '+', '-', '@', '\t', '\r']) expect(csvLine([`${lead}1`])).toMatch(/^"?'/);
  });
});
