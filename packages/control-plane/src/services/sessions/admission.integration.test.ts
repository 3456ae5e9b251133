import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findGuest } from '../../db/guests.js';
import type { Database } from '../../db/open.js';
import {
  createHarness,
  createInput,
  type Harness,
  type HarnessOptions,
  openTestDatabase,
  resetDatabase,
} from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { createUsers, type Users } from '../../testing/users.testkit.js';

let database: Database;
let h: Harness;
let node: NodeSimulator;
let users: Users;

const begin = async (options: HarnessOptions = {}) => {
  h = await createHarness(database, options);
  node = await startNodeSimulator(h.uplink, { slots: 3 });
  users = createUsers(h, node);
};
const join = (userId: string, hostUserId = 'host', role: 'Player' | 'Viewer' = 'Player') =>
  h.services.createSession(h.caller, createInput(userId, { hostUserId, role }));
const destroy = (userId: string) => h.services.destroySession(h.caller, { userId });
const guest = (userId: string) => findGuest(database.executor, { accountId: h.caller.accountId, userId });

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  await begin();
});
afterEach(() => h.stop());

describe('a guest', () => {
  it('of a host without any session is told so', async () => {
    expect(await join('guest')).toEqual({ type: 'host-session-not-found' });
  });

  it('that comes before its host gets code 8, holds no seat, and is let in once the program runs', async () => {
    const waiting = { type: 'waiting-for-host', serverSession: { code: 8, sdp: 'v=0\r\n', user_id: 'guest' } };
    const sessionId = await users.reserve('host');
    expect(await join('guest')).toMatchObject(waiting);
    node.mute = true;
    await h.services.createSession(h.caller, createInput('host'));
    expect((await users.row(sessionId)).state).toBe('starting');
    expect(await join('guest')).toMatchObject(waiting);
    expect(await guest('guest')).toBeNull();
    node.mute = false;
    await users.start('host');
    expect(await join('guest')).toMatchObject({ type: 'created', serverSession: { code: 0, input_seat: 2 } });
  });

  it('finds no seat while the host is absent either, when all are taken', async () => {
    await users.play('host');
    expect((await join('guest')).type).toBe('created');
    expect(await join('other')).toEqual({ type: 'role-limit' });
  });

  it('that is destroyed loses its stream, its seat and its token', async () => {
    const sessionId = await users.play('host');
    await join('guest');
    const { reconnectToken } = node.connects.at(-1)!.peer!;
    expect(await destroy('guest')).toEqual({ type: 'destroyed' });
    expect(node.removedPeers).toMatchObject([{ sessionId, slotIndex: 0, userId: 'guest', code: 0 }]);
    expect(await guest('guest')).toBeNull();
    const input = { requestId: 'r', token: reconnectToken, userId: 'guest', clientSession: { sdp: 'v=0\r\n' } };
    expect(await h.services.reconnectSession(input)).toEqual({ type: 'token-invalid' });
    expect((await users.row(sessionId)).state).toBe('running');
    expect((await join('other')).type).toBe('created');
    const detail = await h.services.findSessionDetail({ sessionId });
    const guests = detail!.events.filter((event) => event.type.startsWith('guest-'));
    expect(guests.map((event) => [event.type, event.detail])).toEqual([
      ['guest-joined', 'guest'],
      ['guest-left', 'guest'],
      ['guest-joined', 'other'],
    ]);
  });

  it('whose node does not answer loses its token at once, and its stream when the call is repeated', async () => {
    await users.play('host');
    await join('guest');
    node.mute = true;
    expect(await destroy('guest')).toEqual({ type: 'timeout' });
    expect(await guest('guest')).toMatchObject({ reconnectTokenHash: null });
    node.mute = false;
    expect(await destroy('guest')).toEqual({ type: 'destroyed' });
    expect(node.removedPeers).toHaveLength(1);
    expect(await guest('guest')).toBeNull();
  });

  it('that goes to another host loses the stream of the first one', async () => {
    const first = await users.play('host');
    const second = await users.play('other-host');
    await join('guest');
    expect(await join('guest', 'other-host')).toMatchObject({ type: 'created', sessionId: second });
    await h.settled();
    expect(node.removedPeers).toMatchObject([{ sessionId: first, userId: 'guest' }]);
    await join('guest', 'other-host');
    await h.settled();
    expect(node.removedPeers).toHaveLength(1);
  });
});

describe('the longest duration of a session', () => {
  it('ends it with the reason limit, counted from CreateSession, connected or not', async () => {
    await h.stop();
    await begin({ settings: { maxDurationMs: 3_600_000 } });
    const reservedOnly = await users.reserve('waits');
    const playing = await users.play('plays');
    const alone = await users.start('alone', { runWithoutClient: true, clientSession: null });
    expect((await users.row(reservedOnly)).expiresAt).toBeNull();
    h.advance(3_599_999);
    await node.sendStatus();
    await h.services.sweep();
    expect((await users.row(playing)).state).toBe('running');
    h.advance(1);
    await h.services.sweep();
    for (const sessionId of [playing, alone]) expect((await users.ended(sessionId)).endReason).toBe('limit');
    expect(node.ended.map((end) => end.reason)).toEqual(['limit', 'limit']);
    expect((await users.row(reservedOnly)).endReason).toBe('reservation-expired');
  });

  it('is that of the project where it has one; 0 there means none', async () => {
    await h.stop();
    await begin({ settings: { maxDurationMs: 60_000 } });
    const { accountId } = h.caller;
    const common = { accountId, applicationId: h.applicationId };
    const short = await h.services.createProject({ ...common, name: 'short', maxDurationMs: 10_000 });
    const free = await h.services.createProject({ ...common, name: 'free', maxDurationMs: 0 });
    const playOn = async (userId: string, projectId: string) => {
      const applied = await h.services.applyConcurrent(h.caller, {
        userId,
        userIp: '198.51.100.4',
        projectId,
        applicationId: '',
        applicationVersionId: '',
      });
      if (applied.type !== 'reserved') throw new Error(applied.type);
      await h.services.createSession(h.caller, createInput(userId));
      await node.clientConnected(applied.sessionId, true);
      return applied.sessionId;
    };
    const sessions = [await playOn('a', short.id), await playOn('b', free.id), await playOn('c', h.projectId)];
    h.advance(10_000);
    await h.services.sweep();
    expect((await users.ended(sessions[0]!)).endReason).toBe('limit');
    h.advance(50_000);
    await node.sendStatus();
    await h.services.sweep();
    expect((await users.ended(sessions[2]!)).endReason).toBe('limit');
    h.advance(86_400_000);
    await node.sendStatus();
    await h.services.sweep();
    expect((await users.row(sessions[1]!)).state).toBe('running');
  });
});

describe('a session without client', () => {
  it('goes on while clients come and go, and ends with DestroySession', async () => {
    const sessionId = await users.start('u1', { runWithoutClient: true, clientSession: null });
    expect(node.connects[0]!.peer).toBeNull();
    await users.start('u1');
    await node.clientConnected(sessionId, true);
    await node.clientConnected(sessionId, false);
    h.advance(7 * 86_400_000);
    await node.sendStatus();
    await h.services.sweep();
    expect((await users.row(sessionId)).state).toBe('running');
    await destroy('u1');
    expect((await users.ended(sessionId)).endReason).toBe('api');
  });
});
