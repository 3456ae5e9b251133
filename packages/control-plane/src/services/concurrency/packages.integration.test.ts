import { isAppError } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertAccount } from '../../db/accounts.js';
import type { Database } from '../../db/open.js';
import { createOrderRegions } from '../../domain/region-order.js';
import { type Actors, createActors } from '../../testing/concurrency.testkit.js';
import { openTestDatabase, resetDatabase } from '../../testing/database.testkit.js';
import {
  createHarness,
  type Harness,
  type HarnessOptions,
  testSettings,
  until,
} from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';

let database: Database;
let h: Harness;
let node: NodeSimulator;
let a: Actors;

const start = async (options: HarnessOptions = {}, slots = 4) => {
  h = await createHarness(database, options);
  node = await startNodeSimulator(h.uplink, { slots });
  a = createActors(h);
};
const restart = async (options: HarnessOptions, slots = 4) => {
  await h.stop();
  await resetDatabase(database);
  await start(options, slots);
};
const secondProject = (extra = {}) =>
  h.services.createProject({ accountId: h.caller.accountId, name: 'other', applicationId: h.applicationId, ...extra });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isAppError(error) ? error.code : String(error)),
  );
const otherAccount = async () => {
  const id = 'acc-other000';
  await insertAccount(database.executor, { id, name: 'other', createdAt: 1 });
  return { accountId: id, requestId: 'r' };
};

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  await start();
});
afterEach(async () => {
  await h.settled();
  expect(await a.leaks()).toEqual([]);
  await h.stop();
});

describe('a bound package', () => {
  it('gives the project its seats and no more, and they come back when the slot is clean', async () => {
    const pack = await a.grant();
    expect(pack).toMatchObject({ amount: 2, available: 2, using: 0, status: 'normal', projectId: null });
    expect(await a.bind([pack.id])).toEqual({ type: 'bound' });
    expect(await a.count()).toEqual({ total: 2, running: 0 });
    await a.play(node, 'u1');
    await a.reserved('u2');
    expect(await a.apply('u3')).toEqual({ type: 'no-idle' });
    expect(await a.pack(pack.id)).toMatchObject({ using: 2 });
    node.holdCleaning = true;
    await a.destroy('u1');
    await until('the slot to be cleaned', async () => (await a.slotStates()).includes('cleaning'));
    expect(await a.apply('u3')).toEqual({ type: 'no-idle' });
    expect(await a.count()).toEqual({ total: 2, running: 2 });
    await node.finishCleaning();
    expect((await a.apply('u3')).type).toBe('reserved');
  });

  it('is bound all or none, twice is once, and only to a project of its type', async () => {
    const [first, wrong] = [await a.grant({ amount: 1 }), await a.grant({ amount: 1, type: 'S1' })];
    expect(await a.bind([first.id, wrong.id])).toEqual({ type: 'type-mismatch', ids: [wrong.id], projectType: 'L1' });
    expect(await a.bind([first.id, 'cac-nothing0'])).toEqual({ type: 'package-not-found', ids: ['cac-nothing0'] });
    expect((await a.pack(first.id))?.projectId).toBeNull();
    expect(await a.bind([first.id, first.id])).toEqual({ type: 'bound' });
    expect(await a.bind([first.id])).toEqual({ type: 'bound' });
    expect(await a.bind([first.id], 'cap-nothing0')).toEqual({ type: 'project-not-found' });
    expect((await a.pack(first.id))?.projectId).toBe(h.projectId);
  });

  it('moves: who plays stays, new users of the old project are refused, the new one gets what is free', async () => {
    const pack = await a.grant();
    await a.bind([pack.id]);
    const played = await a.play(node, 'u1');
    const other = await secondProject();
    await a.bind([pack.id], other.id);
    const spare = await a.grant({ amount: 1 });
    await a.bind([spare.id]);
    expect((await a.session(played)).state).toBe('running');
    expect(await a.pack(pack.id)).toMatchObject({ status: 'draining', using: 1 });
    await a.reserved('u2', { projectId: other.id });
    expect(await a.apply('u3', { projectId: other.id })).toEqual({ type: 'no-idle' });
    await a.destroy('u1');
    await until('the drained seat', async () => (await a.apply('u3', { projectId: other.id })).type === 'reserved');
    expect((await a.pack(pack.id))?.status).toBe('normal');
  });

  it('is unbound: live sessions go on, then the project has what it has without packages', async () => {
    const pack = await a.grant({ amount: 1 });
    await a.bind([pack.id]);
    const played = await a.play(node, 'u1');
    const other = await secondProject();
    expect(await a.unbind([pack.id], other.id)).toEqual({ type: 'not-bound', ids: [pack.id] });
    expect(await a.unbind([pack.id], 'cap-nothing0')).toEqual({ type: 'project-not-found' });
    expect(await a.unbind([pack.id, pack.id], h.projectId)).toEqual({ type: 'unbound' });
    expect(await a.unbind([pack.id])).toEqual({ type: 'unbound' });
    expect((await a.session(played)).state).toBe('running');
    expect(await a.count()).toEqual({ total: 4, running: 1 });
  });

  it('drains when it expires, by the clock and not by the sweep, and revives', async () => {
    const pack = await a.grant({ expiresAt: h.now() + 10_000 });
    await a.bind([pack.id]);
    const played = await a.play(node, 'u1');
    h.advance(10_000);
    expect(await a.apply('u2')).toEqual({ type: 'no-idle' });
    expect(await a.count()).toEqual({ total: 0, running: 1 });
    await node.sendStatus();
    await h.services.sweep();
    expect(await a.pack(pack.id)).toMatchObject({ status: 'expired', available: 0, using: 1 });
    expect((await a.session(played)).state).toBe('running');
    expect(await a.bind([pack.id])).toEqual({ type: 'package-expired', ids: [pack.id] });
    expect((await h.services.describeSummary(h.caller)).granted).toBe(0);
    await h.services.setPackageExpiry({ packageId: pack.id, expiresAt: null });
    expect((await a.apply('u2')).type).toBe('reserved');
    expect(await h.services.describeSummary(h.caller)).toEqual({ granted: 2, hourlyRemainMs: 0 });
  });

  it('shrinks without touching who plays, and grows back into what drains', async () => {
    const pack = await a.grant({ amount: 3 });
    await a.bind([pack.id]);
    const [one] = [await a.play(node, 'u1'), await a.play(node, 'u2')];
    const resize = (amount: number) => h.services.resizePackage({ packageId: pack.id, amount, force: false });
    expect(await resize(1)).toMatchObject({ amount: 1, using: 2, status: 'draining' });
    expect(await a.apply('u3')).toEqual({ type: 'no-idle' });
    expect(await resize(2)).toMatchObject({ amount: 2, using: 2, status: 'normal' });
    await resize(1);
    await a.destroy('u1');
    await a.destroy('u2');
    await a.allIdle();
    await h.services.sweep();
    await a.reserved('u4');
    expect(await a.apply('u5')).toEqual({ type: 'no-idle' });
    expect((await a.session(one)).endReason).toBe('api');
  });

  it('is revoked: unknown at once, gone with its last session', async () => {
    const pack = await a.grant();
    await a.bind([pack.id]);
    await a.play(node, 'u1');
    await h.services.revokePackage(pack.id);
    expect(await a.bind([pack.id])).toMatchObject({ type: 'package-not-found' });
    expect(await codeOf(h.services.revokePackage(pack.id))).toBe('package-not-found');
    await h.services.sweep();
    expect(await h.services.listPackages(null)).toMatchObject([{ id: pack.id, status: 'draining', using: 1 }]);
    await a.destroy('u1');
    await a.allIdle();
    await h.services.sweep();
    expect(await h.services.listPackages(null)).toEqual([]);
  });

  it('is reset: everybody on it is kicked, nobody else', async () => {
    const [first, second] = [await a.grant({ amount: 1 }), await a.grant({ amount: 1 })];
    const other = await secondProject();
    await a.bind([first.id]);
    await a.bind([second.id], other.id);
    const [mine, theirs] = [await a.play(node, 'u1'), await a.play(node, 'u2', { projectId: other.id })];
    const reset = (packageIds: string[]) => h.services.resetPackages(h.caller, { packageIds });
    expect((await reset([first.id, 'cac-nothing0'])).type).toBe('package-not-found');
    expect((await a.session(mine)).state).toBe('running');
    expect(await reset([first.id, first.id])).toEqual({ type: 'reset', sessions: 1 });
    await until('the end', async () => (await a.session(mine)).state === 'ended');
    expect((await a.session(mine)).endReason).toBe('kicked');
    expect((await a.session(theirs)).state).toBe('running');
    expect(node.ended).toEqual([{ sessionId: mine, reason: 'kicked' }]);
    await until('the seat', async () => (await a.apply('u3')).type === 'reserved');
  });

  it('is unknown to other accounts', async () => {
    const pack = await a.grant();
    const caller = await otherAccount();
    const unknown = { type: 'package-not-found', ids: [pack.id] };
    const packageIds = [pack.id];
    expect(await h.services.unbindPackages(caller, { packageIds, projectId: '' })).toEqual(unknown);
    expect(await h.services.resetPackages(caller, { packageIds })).toEqual(unknown);
    expect(await h.services.renamePackage(caller, { packageId: pack.id, name: 'x' })).toEqual(unknown);
    expect(await h.services.bindPackages(caller, { packageIds, projectId: h.projectId })).toEqual({
      type: 'project-not-found',
    });
    expect(await h.services.describePackages(caller, { offset: 0, limit: 10 })).toEqual({ total: 0, packages: [] });
    expect((await h.services.describeSummary(caller)).granted).toBe(0);
  });

  it('keeps its seat through the loss of its node, and not a moment longer', async () => {
    const pack = await a.grant({ amount: 1 });
    await a.bind([pack.id]);
    await a.play(node, 'u1');
    const spare = await startNodeSimulator(h.uplink, { nodeId: 'node-2', slots: 1 });
    expect(await a.apply('u2')).toEqual({ type: 'no-idle' });
    h.advance(31_000);
    await spare.sendStatus();
    await h.services.sweep();
    const again = await a.reserved('u1');
    expect((await a.session(again)).nodeId).toBe('node-2');
    await node.sendStatus();
    expect(await a.apply('u2')).toEqual({ type: 'no-idle' });
    expect(await a.leaks()).toEqual([]);
  });
});

describe('a grant', () => {
  it('is refused beyond what the nodes have, unless forced; counts stay true', async () => {
    await a.grant({ amount: 3 });
    expect(await codeOf(a.grant({ amount: 2 }))).toBe('package-exceeds-capacity');
    expect(await codeOf(a.grant({ amount: 1, region: 'nowhere' }))).toBe('package-exceeds-capacity');
    const forced = await a.grant({ amount: 100, force: true });
    expect(forced).toMatchObject({ amount: 100, available: 4 });
    await a.bind([forced.id]);
    expect(await a.count()).toEqual({ total: 4, running: 0 });
    const smaller = { packageId: forced.id, amount: 200, force: false };
    expect(await codeOf(h.services.resizePackage(smaller))).toBe('package-exceeds-capacity');
  });

  it.each([
    [{ name: ' ' }, 'package-name-invalid'],
    [{ type: 'XXL' }, 'package-type-unknown'],
    [{ region: 'Over There' }, 'package-region-invalid'],
    [{ amount: 0 }, 'package-amount-invalid'],
    [{ amount: 1.5 }, 'package-amount-invalid'],
    [{ expiresAt: 1 }, 'package-expiry-invalid'],
    [{ accountId: 'acc-nothing0' }, 'account-not-found'],
  ])('with %o is refused as %s', async (extra, code) => {
    expect(await codeOf(a.grant(extra))).toBe(code);
    expect(await codeOf(h.services.resizePackage({ packageId: 'cac-x', amount: 1, force: false }))).toBe(
      'package-not-found',
    );
  });
});

describe('placement', () => {
  const orderRegions = createOrderRegions({ order: ['local', 'far'], map: [{ cidr: '8.0.0.0/8', regions: ['far'] }] });
  const settings = { concurrency: { ...testSettings.concurrency, orderRegions } };

  it('serves users from the region of their address, and from the next one when it is full', async () => {
    await restart({ settings }, 1);
    await startNodeSimulator(h.uplink, { nodeId: 'node-far', region: 'far', slots: 1 });
    const nodeOf = async (sessionId: string) => (await a.session(sessionId)).nodeId;
    expect(await nodeOf(await a.reserved('u1', { userIp: '8.8.8.8' }))).toBe('node-far');
    expect(await nodeOf(await a.reserved('u2', { userIp: '8.8.8.8' }))).toBe('node-1');
    await a.destroy('u2');
    expect(await nodeOf(await a.reserved('u3', { userIp: '192.168.0.9' }))).toBe('node-1');
  });

  it('uses packages of the nearest region first, and only nodes that serve the type', async () => {
    await restart({ settings }, 1);
    await startNodeSimulator(h.uplink, { nodeId: 'node-far', region: 'far', concurrencyTypes: ['S1'] });
    await startNodeSimulator(h.uplink, { nodeId: 'node-far-2', region: 'far', concurrencyTypes: ['L1'], slots: 1 });
    expect(await codeOf(a.grant({ region: 'far', amount: 2 }))).toBe('package-exceeds-capacity');
    const [near, far] = [await a.grant({ amount: 1 }), await a.grant({ region: 'far', amount: 2, force: true })];
    await a.bind([near.id, far.id]);
    expect(await a.count()).toEqual({ total: 2, running: 0 });
    const session = await a.session(await a.reserved('u1', { userIp: '8.8.8.8' }));
    expect(session.nodeId).toBe('node-far-2');
    expect((await a.session(await a.reserved('u2', { userIp: '8.8.8.8' }))).nodeId).toBe('node-1');
    expect(await a.apply('u3')).toEqual({ type: 'no-idle' });
  });

  it('spreads over nodes before it fills one', async () => {
    for (const id of ['b', 'c', 'd']) await startNodeSimulator(h.uplink, { nodeId: `node-${id}`, slots: 4 });
    const used = new Set<string>();
    for (let i = 0; i < 4; i += 1) used.add((await a.session(await a.reserved(`u${i}`))).nodeId);
    expect(used.size).toBe(4);
  });

  it('gives nothing without a package where packages are required', async () => {
    await restart({ settings: { concurrency: { ...testSettings.concurrency, requirePackages: true } } });
    expect(await a.apply('u1')).toEqual({ type: 'no-idle' });
    expect(await a.count()).toEqual({ total: 0, running: 0 });
    expect(await a.count('')).toEqual({ total: 0, running: 0 });
    const pack = await a.grant();
    await a.bind([pack.id]);
    expect((await a.apply('u1')).type).toBe('reserved');
    expect(await a.count('')).toEqual({ total: 2, running: 1 });
  });

  it('tells slots that are being prepared from none', async () => {
    const pack = await a.grant({ amount: 1 });
    await a.bind([pack.id]);
    for (let i = 0; i < 4; i += 1) await node.setSlot(i, { state: 'initializing' });
    expect(await a.apply('u1')).toEqual({ type: 'initializing' });
    await node.setSlot(0, { state: 'idle' });
    await a.reserved('u1');
    expect(await a.apply('u2')).toEqual({ type: 'no-idle' });
  });

  it('keeps to its seats against a rush, and leaks none', async () => {
    await restart({}, 16);
    const pack = await a.grant({ amount: 10 });
    await a.bind([pack.id]);
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await Promise.all(Array.from({ length: 64 }, (_, i) => a.apply(`u${round}-${i}`)));
      const sessions = outcomes.flatMap((outcome) => (outcome.type === 'reserved' ? [outcome.sessionId] : []));
      expect(sessions).toHaveLength(10);
      expect(outcomes.filter((outcome) => outcome.type === 'no-idle')).toHaveLength(54);
      const rows = await Promise.all(sessions.map(a.session));
      expect(new Set(rows.map((row) => row.slotIndex)).size).toBe(10);
      expect(await a.leaks()).toEqual([]);
      await Promise.all(rows.map((row) => a.destroy(row.userId ?? '')));
      expect(await a.pack(pack.id)).toMatchObject({ using: 0 });
      expect((await a.slotStates()).every((state) => state === 'idle')).toBe(true);
    }
  });
});
