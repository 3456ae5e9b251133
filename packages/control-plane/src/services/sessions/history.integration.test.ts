import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { insertSessionEvent, listSessionEvents } from '../../db/session-events.js';
import { pretendOtherServer } from '../../testing/database.testkit.js';
import { createHarness, type Harness, openTestDatabase, resetDatabase, until } from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { createUsers, type Users } from '../../testing/users.testkit.js';
import type { SessionHistoryQuery } from './contract.js';
import { resumeSessions } from './resume.js';

let database: Database;
let h: Harness;
let node: NodeSimulator;
let users: Users;

const destroy = (userId: string) => h.services.destroySession(h.caller, { userId });
const found = async (query: SessionHistoryQuery = {}) =>
  (await h.services.querySessions(query)).sessions.map((session) => session.userId);

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  h = await createHarness(database);
  node = await startNodeSimulator(h.uplink, { slots: 8 });
  users = createUsers(h, node);
});
afterEach(() => h.stop());

/** Three sessions, a second apart: `a` was destroyed, `b`'s program exited with 3, `c` plays. */
const threeSessions = async () => {
  const a = await users.play('a');
  h.advance(1_000);
  const b = await users.play('b');
  h.advance(1_000);
  const c = await users.play('c');
  await destroy('a');
  await node.programExited(b, 3);
  await users.ended(a);
  await users.ended(b);
  return { a, b, c };
};

describe('the history of sessions', () => {
  it('is found by account, project, user, node, state, reason and time', async () => {
    const startedAt = h.now();
    await threeSessions();
    expect(await found()).toEqual(['c', 'b', 'a']);
    expect(await found({ accountId: h.caller.accountId, projectId: h.projectId, nodeId: 'node-1' })).toHaveLength(3);
    expect(await found({ accountId: 'acc-other' })).toEqual([]);
    expect(await found({ projectId: 'cap-other' })).toEqual([]);
    expect(await found({ nodeId: 'node-2' })).toEqual([]);
    expect(await found({ userId: 'b' })).toEqual(['b']);
    expect(await found({ states: ['running'] })).toEqual(['c']);
    expect(await found({ endReasons: ['api', 'kicked'] })).toEqual(['a']);
    expect(await found({ from: startedAt + 1_000 })).toEqual(['c', 'b']);
    expect(await found({ from: startedAt, to: startedAt + 1_000 })).toEqual(['a']);
  });

  it('is read page by page, also when sessions of the same moment are on both sides of a page', async () => {
    const ids: string[] = [];
    for (const user of ['a', 'b', 'c', 'd', 'e']) ids.push(await users.reserve(user));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await h.services.querySessions({ limit: 2, ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.sessions.map((session) => session.sessionId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual([...ids].sort().reverse());
  });

  it('refuses pages and cursors that are none', async () => {
    for (const query of [{ limit: 0 }, { limit: 201 }, { limit: 1.5 }, { cursor: 'x' }, { cursor: "1.'; --" }]) {
      await expect(h.services.querySessions(query)).rejects.toMatchObject({ code: 'query-invalid' });
    }
    await expect(h.services.readSessionFeed({ cursor: '1' })).rejects.toMatchObject({ code: 'query-invalid' });
  });

  it('tells what happened to one session, with reason and exit code, and only to its account', async () => {
    const { b } = await threeSessions();
    const detail = await h.services.findSessionDetail({ sessionId: b, accountId: h.caller.accountId });
    expect(detail).toMatchObject({ userId: 'b', state: 'ended', endReason: 'program-exit', exitCode: 3 });
    expect(detail!.events.map((event) => [event.type, event.state, event.detail])).toEqual([
      ['created', 'reserved', ''],
      ['connect-begun', 'starting', ''],
      ['client-connected', 'running', ''],
      ['ended-on-node', 'ended', 'program-exit 3'],
    ]);
    expect(await h.services.findSessionDetail({ sessionId: b, accountId: 'acc-other' })).toBeNull();
    expect(await h.services.findSessionDetail({ sessionId: 'ses-none' })).toBeNull();
  });

  it('is joined by what a session measures while it runs, when its node answers', async () => {
    const { b, c } = await threeSessions();
    node.latency = { encode: { p50: 3, p95: 5, p99: 9, count: 100 } };
    node.picture = { width: 960, height: 540, screen: { width: 1_280, height: 720 }, fps: 30 };
    const { latency, picture } = node;
    expect(await h.services.describeLiveSession(c)).toEqual({ picture, latency, peers: [] });
    for (const id of [b, 'ses-none']) expect(await h.services.describeLiveSession(id)).toBeNull();
    node.measured = { counts: { encode: [[5, 2]] }, repairs: { resync: 1 } };
    const statistics = { latency: node.measured };
    expect(await h.services.readNodeStatistics()).toEqual([{ nodeId: 'node-1', statistics }]);
    node.mute = true;
    expect(await h.services.describeLiveSession(c)).toBeNull();
    expect(await h.services.readNodeStatistics()).toEqual([]);
    node.mute = false;
  });

  it('is kept for as long as the configuration says, then goes in batches', async () => {
    const { c } = await threeSessions();
    await database.transaction(async (tx) => {
      const event = { sessionId: c, accountId: h.caller.accountId, at: h.now(), type: 'guest-joined', detail: 'g' };
      for (let i = 0; i < 600; i += 1) await insertSessionEvent(tx, { ...event, state: 'running' });
    });
    h.advance(90 * 86_400_000 - 1);
    await node.sendStatus();
    await h.services.sweep();
    expect(await found()).toEqual(['c', 'b', 'a']);
    h.advance(120_000);
    await node.sendStatus();
    await h.services.sweep();
    // The one that still plays stays, without its old events; more of them than one batch takes go with the next sweep.
    expect(await found()).toEqual(['c']);
    const events = () => listSessionEvents(database.executor, { sessionId: c, limit: 1_000 });
    expect(await events()).not.toHaveLength(0);
    await h.services.sweep();
    expect(await events()).toHaveLength(0);
    expect(await h.services.readUsageTotals({ from: 1_700_000_000_000, to: 1_700_000_100_000 })).not.toHaveLength(0);
  });
});

describe('the feed of events', () => {
  it('tells everything after a place once, in order, and narrows to an account', async () => {
    await users.reserve('before');
    const { events, cursor } = await h.services.readSessionFeed({});
    expect(events).toEqual([]);
    const sessionId = await users.play('a');
    await destroy('a');
    await users.ended(sessionId);
    const next = await until('the feed', async () => {
      const page = await h.services.readSessionFeed({ cursor });
      return page.events.some((event) => event.state === 'ended') ? page : null;
    });
    // The place of now may lie before what came just before, when a test beside this one has a transaction open.
    const told = next.events.filter((event) => event.userId !== 'before');
    expect(told.map((event) => [event.userId, event.type])).toEqual([
      ['a', 'created'],
      ['a', 'connect-begun'],
      ['a', 'client-connected'],
      ['a', 'end-requested'],
      ['a', 'end-confirmed'],
    ]);
    expect((await h.services.readSessionFeed({ cursor: next.cursor })).events).toEqual([]);
    expect((await h.services.readSessionFeed({ cursor, accountId: 'acc-other' })).events).toEqual([]);
  });

  it('tells nothing twice after a restore on a server that counts transactions anew', async () => {
    const before = await users.reserve('a');
    const told = async (cursor: string) =>
      (await h.services.readSessionFeed({ cursor })).events.map((e) => e.sessionId);
    await pretendOtherServer(database);
    await resumeSessions(h.deps);
    await resumeSessions(h.deps);
    expect(h.logLines.filter((line) => line.includes('comes from another database server'))).toHaveLength(1);
    // A listener who has followed the former server has a place in the future of this one.
    const { cursor } = await h.services.readSessionFeed({});
    const [transactionId] = cursor.split('.');
    const former = await h.services.readSessionFeed({ cursor: `${Number(transactionId) + 1_000_000}.1` });
    expect(former.events).toEqual([]);
    const after = await users.reserve('b');
    await until('the feed', async () => (await told(former.cursor)).includes(after));
    expect(await told(former.cursor)).not.toContain(before);
    expect(await told(cursor)).not.toContain(before);
  });

  it('holds back what was written after a transaction that is still open', async () => {
    // The embedded database runs one transaction after the other: there is nothing that could overtake.
    if (database.exclusive) return;
    const sessionId = await users.reserve('a');
    const { cursor } = await h.services.readSessionFeed({});
    const told = async () =>
      (await h.services.readSessionFeed({ cursor })).events.filter(({ type }) => type === 'guest-joined');
    const event = {
      sessionId,
      accountId: h.caller.accountId,
      at: h.now(),
      type: 'guest-joined',
      state: 'reserved',
    } as const;
    await database.transaction(async (slow) => {
      await insertSessionEvent(slow, { ...event, detail: 'slow' });
      await insertSessionEvent(database.executor, { ...event, detail: 'fast' });
      expect(await told()).toEqual([]);
    });
    // Transaction numbers belong to the whole server: one of a test beside this one may hold the events back, too.
    const events = await until('both events', async () => {
      const found = await told();
      return found.length > 1 ? found : null;
    });
    expect(events.map((found) => found.detail)).toEqual(['slow', 'fast']);
  });
});
