import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { listSessions } from '../../db/sessions.js';
import { type Actors, addVersion, changeProject, createActors } from '../../testing/concurrency.testkit.js';
import { openTestDatabase, resetDatabase } from '../../testing/database.testkit.js';
import { createHarness, createInput, type Harness, until } from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';

let database: Database;
let h: Harness;
let node: NodeSimulator;
let a: Actors;
let projectId: string;

const preload = { isPreload: true, preloadMs: 10_000 };
const start = async (extra: Record<string, unknown> = {}, slots = 4) => {
  await resetDatabase(database);
  h = await createHarness(database);
  node = await startNodeSimulator(h.uplink, { slots });
  a = createActors(h);
  const { id } = await h.services.createProject({
    accountId: h.caller.accountId,
    name: 'preloaded',
    applicationId: h.applicationId,
    ...preload,
    ...extra,
  });
  projectId = id;
};
const apply = (userId: string, extra = {}) => a.apply(userId, { projectId, ...extra });
/** One sweep, and what follows from it on the node. */
const sweep = async (ms = 5_000) => {
  h.advance(ms);
  await node.sendStatus();
  await h.services.sweep();
  await h.settled();
};
const live = async () => listSessions(database.executor, { includeEnded: false });
const unclaimed = async () => (await live()).filter((row) => row.userId === null);
const states = async () => (await unclaimed()).map((row) => row.state).sort();
/** Starts what is wanted, and lets it load. */
const ready = async (count: number) => {
  await sweep();
  expect(await states()).toEqual(Array(count).fill('prelaunching'));
  await sweep(10_000);
  expect(await states()).toEqual(Array(count).fill('prelaunched'));
};
const claimed = async (userId: string, extra = {}) => {
  const outcome = await apply(userId, extra);
  if (outcome.type !== 'reserved') throw new Error(outcome.type);
  return a.session(outcome.sessionId);
};

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => start());
afterEach(async () => {
  await h.settled();
  expect(await a.leaks()).toEqual([]);
  await h.stop();
});

describe('a preloaded project', () => {
  it('holds one program by default, counts it, and gives it to the first user', async () => {
    await ready(1);
    expect(node.connects).toMatchObject([{ peer: null }]);
    expect(await a.count(projectId)).toMatchObject({ running: 1 });
    const [waiting] = await unclaimed();
    const row = await claimed('u1');
    expect(row).toMatchObject({
      id: waiting!.id,
      state: 'reserved',
      launchedAt: waiting!.launchedAt,
      createdAt: h.now(),
    });
    expect(await apply('u1')).toEqual({ type: 'reserved', sessionId: row.id });
    const outcome = await h.services.createSession(h.caller, createInput('u1', { applicationParameters: '-ignored' }));
    expect(outcome).toMatchObject({ type: 'created', sessionId: row.id });
    expect(node.connects[1]?.launch).toEqual(node.connects[0]?.launch);
    await node.clientConnected(row.id, true);
    expect((await a.session(row.id)).state).toBe('running');
    await ready(1);
  });

  it('takes no parameters of a user either when nothing was running yet', async () => {
    await claimed('u1');
    await h.services.createSession(h.caller, createInput('u1', { applicationParameters: '-ignored' }));
    expect(node.connects[0]?.launch.args).not.toContain('-ignored');
  });

  it('fills its limit, a few at a time, and never exceeds it', async () => {
    await h.stop();
    await start({ concurrencyLimit: 6 }, 8);
    await sweep();
    expect(await states()).toHaveLength(4);
    await sweep();
    expect(await states()).toHaveLength(6);
    await sweep(10_000);
    const outcomes = await Promise.all(Array.from({ length: 12 }, (_, i) => apply(`u${i}`)));
    const sessions = outcomes.flatMap((outcome) => (outcome.type === 'reserved' ? [outcome.sessionId] : []));
    expect(new Set(sessions).size).toBe(6);
    await sweep();
    expect(await a.count(projectId)).toEqual({ total: 6, running: 6 });
    expect(await unclaimed()).toEqual([]);
  });

  it('fills the seats of its packages, and empties them when they expire', async () => {
    const pack = await a.grant({ amount: 2, expiresAt: h.now() + 60_000 });
    await a.bind([pack.id], projectId);
    await ready(2);
    expect(await a.pack(pack.id)).toMatchObject({ using: 2 });
    const played = await claimed('u1');
    h.advance(60_000);
    expect(await apply('u2')).toMatchObject({ type: 'no-idle' });
    await h.services.createSession(h.caller, createInput('u1'));
    await sweep();
    expect(await unclaimed()).toEqual([]);
    expect((await a.session(played.id)).endReason).toBe('reservation-expired');
  });

  it('moves its programs with a package: they end, for they are the old project’s', async () => {
    const pack = await a.grant({ amount: 1 });
    await a.bind([pack.id], projectId);
    await ready(1);
    const [old] = await unclaimed();
    await a.bind([pack.id]);
    // Without any package the old project uses what the nodes have, but not the program on a seat that is no longer its.
    expect((await claimed('u1')).id).not.toBe(old!.id);
    expect(await a.apply('u2')).toEqual({ type: 'no-idle' });
    await sweep();
    await until('the seat', async () => (await a.apply('u2')).type === 'reserved');
    expect((await a.session(old!.id)).state).toBe('ended');
  });

  it('ends a claimed program whose user does not come: nobody else gets it', async () => {
    await ready(1);
    const row = await claimed('u1');
    await sweep(60_000);
    await until('the end', async () => (await a.session(row.id)).state === 'ended');
    expect(node.ended).toContainEqual({ sessionId: row.id, reason: 'reservation-expired' });
    expect((await claimed('u2')).id).not.toBe(row.id);
  });

  it('replaces programs of an old version, and never hands one out', async () => {
    await ready(1);
    const [old] = await unclaimed();
    const version = await addVersion(h, 'cd'.repeat(32));
    await h.services.setVersionOnline(version);
    const row = await claimed('u1');
    expect(row.applicationVersionId).toBe(version);
    await sweep();
    await until('the old one to end', async () => (await a.session(old!.id)).state === 'ended');
    await ready(1);
    expect((await unclaimed())[0]?.applicationVersionId).toBe(version);
  });

  it('replaces programs after a change of settings, and never hands an old one out', async () => {
    await ready(1);
    const [old] = await unclaimed();
    await changeProject(h, projectId, { width: 640 });
    const row = await claimed('u1');
    expect(row.id).not.toBe(old!.id);
    await until('the old one to end', async () => (await a.session(old!.id)).state === 'ended');
    await ready(1);
    await changeProject(h, projectId, { parameters: '-other' });
    const [second] = await unclaimed();
    await sweep();
    await until('the second to end', async () => (await a.session(second!.id)).state === 'ended');
  });

  it('ends its programs when it is preloaded no longer', async () => {
    await ready(1);
    await changeProject(h, projectId, { isPreload: false });
    await sweep();
    await a.allIdle();
    await sweep();
    expect(await live()).toEqual([]);
  });

  it('ends what is above a lowered limit', async () => {
    await h.stop();
    await start({ concurrencyLimit: 3 });
    await ready(3);
    await changeProject(h, projectId, { concurrencyLimit: 1 });
    await sweep();
    await until('two to end', async () => (await unclaimed()).length === 1);
  });

  it('makes room for a user of another version', async () => {
    await h.stop();
    await start({ concurrencyLimit: 1 });
    await ready(1);
    const version = await addVersion(h, 'cd'.repeat(32));
    expect(await apply('u1', { applicationVersionId: version })).toEqual({ type: 'initializing' });
    await until('room', async () => (await unclaimed()).length === 0);
    await sweep();
    await a.allIdle();
    expect((await claimed('u1', { applicationVersionId: version })).applicationVersionId).toBe(version);
  });

  it('says initializing while its only program is loading', async () => {
    await h.stop();
    await start({ concurrencyLimit: 1 });
    await sweep();
    expect(await apply('u1')).toEqual({ type: 'initializing' });
    await sweep(10_000);
    expect((await apply('u1')).type).toBe('reserved');
  });

  it('waits longer and longer before it starts a program that crashes', async () => {
    const launches: number[] = [];
    for (let i = 0; i < 60; i += 1) {
      const before = node.connects.length;
      await sweep(1_000);
      if (node.connects.length === before) continue;
      launches.push(h.now());
      for (const row of await unclaimed()) await node.programExited(row.id, 1);
    }
    const pauses = launches.slice(1).map((at, index) => at - launches[index]!);
    expect(pauses.length).toBeGreaterThanOrEqual(3);
    expect(pauses).toEqual([...pauses].sort((x, y) => x - y));
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(20_000);
    node.refuse = 'entry-not-found';
    await sweep(400_000);
    await until('the refused one to end', async () => (await unclaimed()).length === 0);
  });

  it('survives a control plane that dies between the reservation and the command', async () => {
    await ready(1);
    const [row] = await unclaimed();
    await h.stop();
    const at = h.now();
    h = await createHarness(database, { startAt: at });
    a = createActors(h);
    node = await startNodeSimulator(h.uplink, {
      slots: 4,
      initial: [],
      bootId: 'boot-2',
    });
    expect((await a.session(row!.id)).endReason).toBe('node-lost');
    await ready(1);
  });

  it('is served from the region of the user where several hold a program', async () => {
    await h.stop();
    await start({ concurrencyLimit: 2 }, 1);
    await startNodeSimulator(h.uplink, { nodeId: 'node-far', region: 'far', slots: 1 });
    await ready(2);
    expect((await claimed('u1')).nodeId).toBe('node-far');
    expect((await claimed('u2')).nodeId).toBe('node-1');
  });
});
