import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { findSession, updateSession } from '../../db/sessions.js';
import { listSlots } from '../../db/slots.js';
import {
  applyInput,
  createHarness,
  createInput,
  type Harness,
  type HarnessOptions,
  openTestDatabase,
  resetDatabase,
  testManifest,
  until,
} from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import type { CreateSessionInput } from '../contract.js';

let database: Database;
let h: Harness;
let node: NodeSimulator;

const start = async (options: HarnessOptions = {}, slots = 2) => {
  h = await createHarness(database, options);
  node = await startNodeSimulator(h.uplink, { slots });
};
const apply = (userId: string, extra = {}) =>
  h.services.applyConcurrent(h.caller, { ...applyInput(h, userId), ...extra });
const create = (userId: string, extra: Partial<CreateSessionInput> = {}) =>
  h.services.createSession(h.caller, createInput(userId, extra));
const destroy = (userId: string) => h.services.destroySession(h.caller, { userId });
const count = async () => {
  const outcome = await h.services.describeConcurrentCount(h.caller, { projectId: h.projectId, category: '' });
  return outcome.type === 'counted' ? outcome.count : outcome.type;
};
const reserved = async (userId: string): Promise<string> => {
  const outcome = await apply(userId);
  if (outcome.type !== 'reserved') throw new Error(`not reserved: ${outcome.type}`);
  return outcome.sessionId;
};
const created = async (userId: string, extra: Partial<CreateSessionInput> = {}) => {
  const outcome = await create(userId, extra);
  if (outcome.type !== 'created') throw new Error(`not created: ${JSON.stringify(outcome)}`);
  return outcome;
};
const running = async (userId: string): Promise<string> => {
  await reserved(userId);
  const { sessionId } = await created(userId);
  await node.clientConnected(sessionId, true);
  return sessionId;
};
const session = async (sessionId: string) => (await findSession(database.executor, sessionId))!;
const slotStates = async () => (await listSlots(database.executor)).map((slot) => slot.state);
const ended = (sessionId: string) =>
  until(`session ${sessionId} to end`, async () => {
    const row = await session(sessionId);
    return row.state === 'ended' ? row : null;
  });
const allIdle = () => until('idle slots', async () => (await slotStates()).every((state) => state === 'idle'));

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  await start();
});
afterEach(() => h.stop());

describe('ApplyConcurrent', () => {
  it('reserves a slot, and the same one again for the same user', async () => {
    const first = await reserved('u1');
    h.advance(50_000);
    expect(await reserved('u1')).toBe(first);
    expect((await session(first)).deadlineAt).toBe(h.now() + 60_000);
    expect(await slotStates()).toEqual(['reserved', 'idle']);
    expect(await count()).toEqual({ total: 2, running: 1 });
  });

  it('answers no-idle when all slots are taken, and reserves again after one is free', async () => {
    await reserved('u1');
    await reserved('u2');
    expect(await apply('u3')).toEqual({ type: 'no-idle' });
    await destroy('u1');
    expect((await apply('u3')).type).toBe('reserved');
  });

  it('never gives one slot to two of many users who come at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, (_, i) => apply(`u${i}`)));
    const sessions = outcomes.filter((outcome) => outcome.type === 'reserved');
    expect(sessions).toHaveLength(2);
    expect(outcomes.filter((outcome) => outcome.type === 'no-idle')).toHaveLength(10);
    const rows = await Promise.all(sessions.map((outcome) => session(outcome.sessionId)));
    expect(new Set(rows.map((row) => row.slotIndex)).size).toBe(2);
  });

  it('gives one user who comes many times at once one session', async () => {
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => apply('u1')));
    expect(
      new Set(outcomes.map((outcome) => (outcome.type === 'reserved' ? outcome.sessionId : outcome.type))).size,
    ).toBe(1);
    expect((await slotStates()).filter((state) => state === 'reserved')).toHaveLength(1);
  });

  it('answers initializing while slots are prepared and nobody uses one, no-idle otherwise', async () => {
    await node.setSlot(0, { state: 'initializing' });
    await node.setSlot(1, { state: 'initializing' });
    expect(await apply('u1')).toEqual({ type: 'initializing' });
    await node.setSlot(1, { state: 'failed' });
    expect(await apply('u1')).toEqual({ type: 'initializing' });
    expect(await count()).toEqual({ total: 1, running: 0 });
    await node.setSlot(1, { state: 'idle' });
    await reserved('u1');
    expect(await apply('u2')).toEqual({ type: 'no-idle' });
  });

  it('keeps to the limit of a project, also against a rush', async () => {
    await h.stop();
    await resetDatabase(database);
    await start({ concurrencyLimit: 1 }, 3);
    const outcomes = await Promise.all(Array.from({ length: 5 }, (_, i) => apply(`u${i}`)));
    expect(outcomes.filter((outcome) => outcome.type === 'reserved')).toHaveLength(1);
    expect(await count()).toEqual({ total: 1, running: 1 });
    // A node that never comes back must not hold the project's entitlement for ever.
    h.advance(31_000);
    await h.services.sweep();
    node = await startNodeSimulator(h.uplink, { nodeId: 'node-2' });
    expect((await apply('later')).type).toBe('reserved');
  });

  it('names what does not exist', async () => {
    expect(await apply('u1', { projectId: 'cap-nothing0' })).toEqual({ type: 'project-not-found' });
    expect((await apply('u1', { applicationVersionId: 'ver-nothing0' })).type).toBe('application-not-found');
    const other = { accountId: 'acc-other000', requestId: 'r' };
    expect((await h.services.applyConcurrent(other, applyInput(h, 'u1'))).type).toBe('project-not-found');
    expect(await h.services.describeConcurrentCount(other, { projectId: h.projectId, category: '' })).toEqual({
      type: 'project-not-found',
    });
  });

  it('ends the session on another project and answers stopping until it is gone', async () => {
    const other = await h.services.createProject({
      accountId: h.caller.accountId,
      name: 'other',
      applicationId: h.applicationId,
    });
    const former = await running('u1');
    node.holdCleaning = true;
    expect(await apply('u1', { projectId: other.id })).toEqual({ type: 'stopping' });
    const row = await ended(former);
    expect(row.endReason).toBe('api');
    expect(node.ended).toContainEqual({ sessionId: former, reason: 'api' });
    expect((await apply('u1', { projectId: other.id })).type).toBe('reserved');
  });

  it('replaces a mere reservation on another project at once', async () => {
    const other = await h.services.createProject({
      accountId: h.caller.accountId,
      name: 'other',
      applicationId: h.applicationId,
    });
    const former = await reserved('u1');
    const outcome = await apply('u1', { projectId: other.id });
    expect(outcome.type).toBe('reserved');
    expect((await session(former)).state).toBe('ended');
    expect((await slotStates()).filter((state) => state === 'reserved')).toHaveLength(1);
  });

  it("answers stopping while the user's session is being ended", async () => {
    await running('u1');
    node.mute = true;
    const destroying = destroy('u1');
    await until('the session to be ending', async () => (await apply('u1')).type === 'stopping');
    expect(await create('u1')).toEqual({ type: 'stopping' });
    expect(await destroying).toEqual({ type: 'timeout' });
    node.mute = false;
    h.advance(6_000);
    await h.services.sweep();
    await allIdle();
    expect((await apply('u1')).type).toBe('reserved');
  });
});

describe('CreateSession', () => {
  it('starts the program and builds the ServerSession', async () => {
    const sessionId = await reserved('u1');
    const outcome = await created('u1', { applicationParameters: '-level 3 "a b"' });
    expect(outcome.sessionId).toBe(sessionId);
    expect(outcome.serverSession).toEqual({
      code: 0,
      message: 'ok',
      type: 'answer',
      sdp: 'v=0\r\n',
      server_ip: '192.0.2.7',
      server_port: '8000',
      server_version: '0.0.0',
      region: 'local',
      request_id: 'request-1',
      user_id: 'u1',
      app_id: 1,
      game_id: h.applicationId,
      instance_id: sessionId,
      instance_type: 'L1',
      host_name: '',
      role: 'Player',
      input_seat: 1,
      plat: 'pc',
      video: { width: 1280, height: 720 },
      video_mime_type: 'video/H264',
      audio_mime_type: 'audio/opus',
      screen_config: { width: 1280, height: 720, orientation: 'landscape', degree: '0_degree' },
      game_config: { sdk_conf: { cursor_mode: 1 } },
      feature_switch: {},
    });
    const [connect] = node.connects;
    expect(connect!.launch).toMatchObject({
      entryPath: 'bin/game',
      package: { manifestSha256: testManifest },
      args: ['--app', '-mode', 'two words', '-level', '3', 'a b'],
      limits: { cpuCores: 10, memoryBytes: 32 * 1024 ** 3 },
    });
    expect(connect!.stream).toMatchObject({
      width: 1280,
      height: 720,
      fps: 60,
      minBitrateBps: 1e6,
      maxBitrateBps: 8e6,
    });
    expect(await slotStates()).toEqual(['busy', 'idle']);
    await node.clientConnected(sessionId, true);
    expect(await session(sessionId)).toMatchObject({ state: 'running', deadlineAt: null, busyUntil: null });
  });

  it('answers lock-timeout without reservation, and after it has expired', async () => {
    expect(await create('u1')).toEqual({ type: 'lock-timeout' });
    const sessionId = await reserved('u1');
    h.advance(60_000);
    expect(await create('u1')).toEqual({ type: 'lock-timeout' });
    expect(await session(sessionId)).toMatchObject({ state: 'ended', endReason: 'reservation-expired' });
    expect(await slotStates()).toEqual(['idle', 'idle']);
    expect(node.connects).toHaveLength(0);
  });

  it('answers slow-down to the second of two calls at once, and works again afterwards', async () => {
    await reserved('u1');
    let release = () => undefined as undefined;
    node.beforeAnswer = () =>
      new Promise((resolve) => {
        release = () => {
          resolve();
          return undefined;
        };
      });
    const first = create('u1');
    await until('the command to arrive', async () => node.connects.length === 1);
    expect(await create('u1')).toEqual({ type: 'slow-down' });
    node.beforeAnswer = async () => undefined;
    release();
    expect((await first).type).toBe('created');
    expect((await create('u1')).type).toBe('created');
  });

  it('forgets a call that a crash has cut off once its deadline is over', async () => {
    const sessionId = await reserved('u1');
    await created('u1');
    await updateSession(database.executor, sessionId, { busyUntil: h.now() + 3_000 });
    expect(await create('u1')).toEqual({ type: 'slow-down' });
    h.advance(3_000);
    expect((await create('u1')).type).toBe('created');
  });

  it('connects the same user again to the same program with a new token', async () => {
    const sessionId = await running('u1');
    const again = await created('u1');
    expect(again.sessionId).toBe(sessionId);
    expect(node.connects.map((connect) => connect.sessionId)).toEqual([sessionId, sessionId]);
    expect(node.connects[0]!.peer!.reconnectToken).not.toBe(node.connects[1]!.peer!.reconnectToken);
    expect((await session(sessionId)).state).toBe('running');
  });

  it('returns to a session that waits for its client, with and without ApplyConcurrent', async () => {
    const sessionId = await running('u1');
    await node.clientConnected(sessionId, false);
    expect(await session(sessionId)).toMatchObject({ state: 'waiting-reconnect', deadlineAt: h.now() + 120_000 });
    h.advance(100_000);
    expect((await created('u1')).sessionId).toBe(sessionId);
    expect((await session(sessionId)).deadlineAt).toBe(h.now() + 60_000);
    await node.clientConnected(sessionId, true);
    await node.clientConnected(sessionId, false);
    expect(await reserved('u1')).toBe(sessionId);
    expect((await created('u1')).sessionId).toBe(sessionId);
  });

  it('answers timeout when the node never answers, keeps the session for another try, and gives up at the start deadline', async () => {
    await h.stop();
    await resetDatabase(database);
    await start({ settings: { connectMs: 50, endMs: 50 } });
    const sessionId = await reserved('u1');
    node.mute = true;
    expect(await create('u1')).toEqual({ type: 'timeout' });
    expect(await session(sessionId)).toMatchObject({ state: 'starting', busyUntil: null });
    node.mute = false;
    expect((await created('u1')).sessionId).toBe(sessionId);
    h.advance(60_000);
    // Comes after the reports before it: none of them holds the session when the sweep looks for it.
    await node.sendStatus();
    await h.services.sweep();
    expect((await ended(sessionId)).endReason).toBe('start-failed');
    await allIdle();
  });

  it.each([
    ['entry-not-found', 'path-not-found'],
    ['package-unavailable', 'failed'],
    ['internal', 'failed'],
    ['slot-mismatch', 'failed'],
  ] as const)('ends the session when the node refuses the start with %s', async (code, type) => {
    const sessionId = await reserved('u1');
    node.refuse = code;
    expect((await create('u1')).type).toBe(type);
    expect(await session(sessionId)).toMatchObject({ state: 'ended', endReason: 'start-failed' });
    await h.settled();
    expect(node.ended).toEqual([{ sessionId, reason: 'start-failed' }]);
    await node.sendStatus();
    expect(await slotStates()).toEqual(['idle', 'idle']);
  });

  it.each([
    ['slot-initializing', 'initializing', 'reserved'],
    ['offer-invalid', 'offer-invalid', 'starting'],
    ['codec-unsupported', 'codec-unsupported', 'starting'],
    ['streamer-unavailable', 'timeout', 'starting'],
    ['session-ending', 'stopping', 'starting'],
  ] as const)('keeps the session when the node refuses with %s', async (code, type, state) => {
    const sessionId = await reserved('u1');
    node.refuse = code;
    expect((await create('u1')).type).toBe(type);
    expect(await session(sessionId)).toMatchObject({ state, busyUntil: null });
    node.refuse = null;
    expect((await created('u1')).sessionId).toBe(sessionId);
  });

  it('keeps a running program when another client of its user is refused', async () => {
    const sessionId = await running('u1');
    node.refuse = 'internal';
    expect((await create('u1')).type).toBe('failed');
    expect((await session(sessionId)).state).toBe('running');
  });

  it('answers node-unreachable when the node has gone', async () => {
    const sessionId = await reserved('u1');
    await node.close();
    expect(await create('u1')).toEqual({ type: 'node-unreachable' });
    expect((await session(sessionId)).endReason).toBe('start-failed');
  });

  it('runs without client and does not wait for one', async () => {
    const sessionId = await reserved('u1');
    const outcome = await created('u1', { clientSession: null, runWithoutClient: true });
    expect(outcome.serverSession).toBeNull();
    expect(await session(sessionId)).toMatchObject({ state: 'running', deadlineAt: null });
    await created('u1');
    await node.clientConnected(sessionId, true);
    await node.clientConnected(sessionId, false);
    expect((await session(sessionId)).state).toBe('running');
  });

  it('answers stopping when the session was destroyed while the node connected the client', async () => {
    const sessionId = await reserved('u1');
    let release: () => void = () => undefined;
    node.beforeAnswer = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    const creating = create('u1');
    await until('the command to arrive', async () => node.connects.length === 1);
    expect(await destroy('u1')).toEqual({ type: 'destroyed' });
    release();
    expect(await creating).toEqual({ type: 'stopping' });
    expect((await session(sessionId)).state).toBe('ended');
    await allIdle();
  });
});

describe('DestroySession and the end of programs', () => {
  it('ends the session, cleans the slot, and succeeds again', async () => {
    const sessionId = await running('u1');
    node.holdCleaning = true;
    expect(await destroy('u1')).toEqual({ type: 'destroyed' });
    expect(await session(sessionId)).toMatchObject({ state: 'ended', endReason: 'api' });
    expect(await slotStates()).toEqual(['cleaning', 'idle']);
    expect(await count()).toEqual({ total: 2, running: 1 });
    await node.finishCleaning();
    expect(await slotStates()).toEqual(['idle', 'idle']);
    expect(await destroy('u1')).toEqual({ type: 'destroyed' });
    expect(await destroy('nobody')).toEqual({ type: 'destroyed' });
  });

  it('records reason and exit code when the program ends by itself', async () => {
    const sessionId = await running('u1');
    await node.programExited(sessionId, 3);
    expect(await session(sessionId)).toMatchObject({ state: 'ended', endReason: 'program-exit', exitCode: 3 });
    expect(await slotStates()).toEqual(['idle', 'idle']);
    expect(await create('u1')).toEqual({ type: 'lock-timeout' });
  });

  it('says that the program failed, not to try again, when it ends before its client is answered', async () => {
    const sessionId = await reserved('u1');
    node.beforeAnswer = () => node.programExited(sessionId, 3);
    const outcome = await create('u1');
    expect(outcome).toMatchObject({ type: 'failed', message: expect.stringContaining('exit code 3') });
    expect(await session(sessionId)).toMatchObject({ state: 'ended', endReason: 'program-exit', exitCode: 3 });
  });

  it('ends the session when the grace is over', async () => {
    const sessionId = await running('u1');
    await node.clientConnected(sessionId, false);
    h.advance(119_999);
    await node.sendStatus();
    await h.services.sweep();
    expect((await session(sessionId)).state).toBe('waiting-reconnect');
    h.advance(1);
    await h.services.sweep();
    expect((await ended(sessionId)).endReason).toBe('grace-over');
    await allIdle();
    expect(node.ended).toEqual([{ sessionId, reason: 'grace-over' }]);
  });

  it('frees slots of reservations that nobody used', async () => {
    const sessionId = await reserved('u1');
    h.advance(60_000);
    await h.services.sweep();
    expect(await session(sessionId)).toMatchObject({ state: 'ended', endReason: 'reservation-expired' });
    expect(await slotStates()).toEqual(['idle', 'idle']);
    expect(node.ended).toEqual([]);
  });

  it('asks a node about a slot that cleans up for too long', async () => {
    const sessionId = await reserved('u1');
    node.refuse = 'internal';
    await create('u1');
    await h.settled();
    expect((await session(sessionId)).state).toBe('ended');
    expect(await slotStates()).toEqual(['cleaning', 'idle']);
    h.advance(30_000);
    await h.services.sweep();
    await h.settled();
    expect(await slotStates()).toEqual(['idle', 'idle']);
  });

  it('lets an operator end a session', async () => {
    const sessionId = await running('u1');
    expect(await h.services.endSession(sessionId, 'kicked')).toBe(true);
    expect((await session(sessionId)).endReason).toBe('kicked');
    expect(await h.services.endSession(sessionId, 'kicked')).toBe(false);
    expect((await h.services.listSessions()).map((row) => row.sessionId)).toEqual([]);
    const all = await h.services.listSessions({ includeEnded: true });
    expect(all).toMatchObject([{ sessionId, userId: 'u1', state: 'ended', endReason: 'kicked' }]);
  });
});

describe('reconnecting by token', () => {
  const reconnect = (token: string, userId = 'u1') =>
    h.services.reconnectSession({ requestId: 'r2', token, userId, clientSession: { sdp: 'v=0\r\n' } });

  it('accepts the token again and again until CreateSession makes a new one', async () => {
    const sessionId = await running('u1');
    const { reconnectToken } = node.connects[0]!.peer!;
    await node.clientConnected(sessionId, false);
    for (let i = 0; i < 2; i += 1) {
      expect(await reconnect(reconnectToken)).toMatchObject({ type: 'created', sessionId });
      expect(node.connects.at(-1)!.peer!.reconnectToken).toBe(reconnectToken);
    }
    await created('u1');
    expect(await reconnect(reconnectToken)).toEqual({ type: 'token-invalid' });
  });

  it('refuses other users, other tokens and ended sessions', async () => {
    await running('u1');
    const { reconnectToken } = node.connects[0]!.peer!;
    expect(await reconnect(reconnectToken, 'u2')).toEqual({ type: 'token-invalid' });
    expect(await reconnect('wrong')).toEqual({ type: 'token-invalid' });
    await destroy('u1');
    expect(await reconnect(reconnectToken)).toEqual({ type: 'token-invalid' });
  });

  it('keeps only a hash of the token', async () => {
    const sessionId = await running('u1');
    expect((await session(sessionId)).reconnectTokenHash).not.toContain(node.connects[0]!.peer!.reconnectToken);
  });
});

describe('guests', () => {
  const join = (userId: string, role: 'Player' | 'Viewer' | null = 'Player') =>
    create(userId, { hostUserId: 'u1', role });

  it("join the host's program on seats, until there is none left", async () => {
    expect(await join('g1')).toEqual({ type: 'host-session-not-found' });
    const sessionId = await running('u1');
    const first = await join('g1');
    expect(first).toMatchObject({
      type: 'created',
      sessionId,
      serverSession: { role: 'Player', input_seat: 2, user_id: 'g1' },
    });
    expect(await join('g2')).toEqual({ type: 'role-limit' });
    expect(await join('g2', 'Viewer')).toMatchObject({
      type: 'created',
      serverSession: { role: 'Viewer', input_seat: 0 },
    });
    expect(await join('g3', 'Viewer')).toEqual({ type: 'role-limit' });
    expect(await join('g1')).toMatchObject({ type: 'created', serverSession: { input_seat: 2 } });
    expect(await count()).toEqual({ total: 2, running: 1 });
  });

  it("leave without ending the host's session", async () => {
    const sessionId = await running('u1');
    await join('g1');
    expect(await destroy('g1')).toEqual({ type: 'destroyed' });
    expect((await session(sessionId)).state).toBe('running');
    expect((await join('g2')).type).toBe('created');
  });

  it('give the seat back when the node refuses them', async () => {
    await running('u1');
    node.refuse = 'offer-invalid';
    expect((await join('g1')).type).toBe('offer-invalid');
    node.refuse = null;
    expect((await join('g2')).type).toBe('created');
  });

  it('reconnect by their own token and lose it with the session', async () => {
    await running('u1');
    await join('g1');
    const { reconnectToken } = node.connects.at(-1)!.peer!;
    const input = { requestId: 'r', token: reconnectToken, userId: 'g1', clientSession: { sdp: 'v=0\r\n' } };
    expect(await h.services.reconnectSession(input)).toMatchObject({
      type: 'created',
      serverSession: { input_seat: 2 },
    });
    await destroy('u1');
    expect(await h.services.reconnectSession(input)).toEqual({ type: 'token-invalid' });
  });
});

describe('nodes', () => {
  it('get the packages that are in use, once for each start of the agent', async () => {
    await h.settled();
    expect(node.prefetched).toEqual([testManifest]);
    await node.sendStatus();
    await h.settled();
    expect(node.prefetched).toEqual([testManifest]);
  });

  it('that are silent go offline and their sessions end; a node that returns is told to end them', async () => {
    const sessionId = await running('u1');
    h.advance(30_001);
    await h.services.sweep();
    expect(await session(sessionId)).toMatchObject({ state: 'ended', endReason: 'node-lost' });
    expect(await apply('u2')).toEqual({ type: 'no-idle' });
    expect(await count()).toEqual({ total: 0, running: 0 });
    await node.sendStatus();
    await allIdle();
    expect(node.ended).toEqual([{ sessionId, reason: 'node-lost' }]);
    expect((await apply('u2')).type).toBe('reserved');
  });

  it('that were restarted without the program end its session', async () => {
    const first = await running('u1');
    const second = await reserved('u2');
    await h.stop();
    h = await createHarness(database, { startAt: h.now() + 1_000 });
    node = await startNodeSimulator(h.uplink, { bootId: 'boot-2' });
    expect(await session(first)).toMatchObject({ state: 'ended', endReason: 'node-lost' });
    // A reservation needs nothing from the node yet: it stays.
    expect((await session(second)).state).toBe('reserved');
    expect((await slotStates()).sort()).toEqual(['idle', 'reserved']);
  });

  it('that no longer have a slot lose it', async () => {
    const sessionId = await running('u1');
    await reserved('u2');
    node = await startNodeSimulator(h.uplink, { slots: 1, bootId: 'boot-2' });
    expect(await slotStates()).toHaveLength(1);
    expect((await session(sessionId)).state).toBe('ended');
  });

  it('heal lost client reports by their status', async () => {
    const sessionId = await running('u1');
    await node.setSlot(0, { connected: false });
    expect((await session(sessionId)).state).toBe('waiting-reconnect');
    await node.setSlot(0, { connected: true });
    expect((await session(sessionId)).state).toBe('running');
  });

  it('may say idle while a start is under way without losing the session', async () => {
    const sessionId = await reserved('u1');
    node.beforeAnswer = async () => {
      const description = node.describe();
      const slots = description.slots.map((slot) => ({ ...slot, state: 'idle' as const, sessionId: null }));
      await h.uplink.emit({ type: 'node.status', node: { ...description, slots } });
    };
    await created('u1');
    expect((await session(sessionId)).state).toBe('starting');
  });

  it('report twice what they report, without harm', async () => {
    const sessionId = await running('u1');
    const event = {
      type: 'session.ended',
      nodeId: 'node-1',
      sessionId,
      reason: 'program-crash',
      exitCode: 139,
    } as const;
    await h.uplink.emit(event);
    await h.uplink.emit({ ...event, reason: 'api', exitCode: 0 });
    expect(await session(sessionId)).toMatchObject({ endReason: 'program-crash', exitCode: 139 });
  });

  it('cannot end the sessions of other nodes', async () => {
    const sessionId = await running('u1');
    await h.uplink.emit({ type: 'session.ended', nodeId: 'node-2', sessionId, reason: 'user', exitCode: 0 });
    expect((await session(sessionId)).state).toBe('running');
  });
});
