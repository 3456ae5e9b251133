import { decodeServerSession } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../testing/harness.testkit.js';
import type { Call } from './official-sdks.testkit.js';
import {
  type ConformancePlane,
  type MakeCall,
  offer,
  refusalWays,
  sessionWays,
  startConformancePlane,
} from './plane.testkit.js';

/** The actions that both sites have, through both packages, on the whole control plane. */
let conformance: ConformancePlane;
let projectId: string;
let otherProjectId: string;

beforeAll(async () => {
  conformance = await startConformancePlane({ connectSeconds: 1, endRetrySeconds: 1 });
  const applicationId = await conformance.addGame();
  const { plane } = conformance;
  ({ projectId } = await plane.admin.findOrCreateProject({ name: 'game', applicationId }));
  ({ projectId: otherProjectId } = await plane.admin.findOrCreateProject({ name: 'other', applicationId }));
});
afterAll(() => conformance.close());

const user = (name: string) => ({ UserId: name, UserIp: '198.51.100.4' });
const [first, second, third] = ['用户 & +=%', 'second', 'third'];

afterEach(async () => {
  const { node, plane } = conformance;
  Object.assign(node, { refuse: null, mute: false, holdCleaning: false, beforeAnswer: async () => undefined });
  await until('every session to end', async () => {
    const live = await plane.admin.listSessions();
    for (const { sessionId } of live) await plane.admin.endSession(sessionId).catch(() => undefined);
    await node.finishCleaning();
    return live.length === 0;
  });
  await until('idle slots', async () => {
    await node.sendStatus();
    return (await conformance.count()).running === 0;
  });
});

function callsOf(make: MakeCall) {
  const call: Call = (action, request) => make(conformance.sdk)(action, request);
  const reserve = (name: string) => call('ApplyConcurrent', { ...user(name), ProjectId: projectId });
  const play = async (name: string, extra: Record<string, unknown> = {}) => {
    await reserve(name);
    return call('CreateSession', { ...user(name), ClientSession: offer, ...extra });
  };
  return { call, reserve, play };
}

describe.each(sessionWays)('%s: what succeeds', (_name, make) => {
  const { call, reserve } = callsOf(make);

  it('reserves, plays, counts, is taken over, and ends', async () => {
    const applied = await reserve(first);
    expect(applied.RequestId).toMatch(/^[0-9a-f-]{36}$/);
    const created = await call('CreateSession', {
      ...user(first),
      ClientSession: offer,
      RunMode: '',
      ApplicationParameters: "-a 'b c' +d=%20&e!()*~",
    });
    const answer = decodeServerSession(String(created.ServerSession));
    expect(answer).toMatchObject({ code: 0, type: 'answer', user_id: first, screen_config: { width: 1280 } });
    expect(conformance.node.connects.at(-1)?.launch.args).toEqual(['-a', "'b", "c'", '+d=%20&e!()*~']);
    // Again: the other device of the same user.
    await call('CreateSession', { ...user(first), ClientSession: offer });
    expect(await call('DescribeConcurrentCount', { ProjectId: projectId })).toMatchObject({ Total: 2, Running: 1 });
    expect(await call('DescribeConcurrentCount', {})).toMatchObject({ Running: 1 });
    await call('DestroySession', { UserId: first });
    await call('DestroySession', { UserId: first });
    await until('the slot', async () => (await call('DescribeConcurrentCount', {})).Running === 0);
  });

  it('starts without a client, and lets guests in', async () => {
    await reserve(first);
    const room = { HostUserId: first, Role: 'Player' };
    expect(await call('CreateSession', { ...user(first), RunMode: 'RunWithoutClient', ...room })).toMatchObject({
      ServerSession: '',
    });
    await call('CreateSession', { ...user(first), ClientSession: offer, ...room });
    const [session] = await conformance.plane.admin.listSessions();
    await conformance.node.clientConnected(session?.sessionId ?? '', true);
    const guest = await call('CreateSession', {
      ...user(second),
      ClientSession: offer,
      HostUserId: first,
      Role: 'Viewer',
    });
    expect(decodeServerSession(String(guest.ServerSession))).toMatchObject({ user_id: second, role: 'Viewer' });
  });
});

describe.each(refusalWays)('%s: what is refused', (_name, make) => {
  const { call, reserve, play } = callsOf(make);

  it('ApplyConcurrent: every refusal that can be provoked', async () => {
    await expect(call('ApplyConcurrent', { ...user(first), ProjectId: 'cap-unknown1' })).rejects.toMatchObject({
      code: 'InvalidParameterValue',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await expect(call('ApplyConcurrent', user(first))).rejects.toMatchObject({ code: 'MissingParameter' });
    await expect(
      call('ApplyConcurrent', { ...user(first), ProjectId: projectId, ApplicationVersionId: 'ver-unknown1' }),
    ).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    await reserve(first);
    await reserve(second);
    await expect(reserve(third)).rejects.toMatchObject({
      code: 'ResourceNotFound.NoIdle',
      message: 'No idle concurrency is left.',
    });
  });

  it('ApplyConcurrent: Initialization while slots are prepared; SlowDown and Stopping for one user; DestroySession of a silent node', async () => {
    const { node } = conformance;
    for (const slot of [0, 1]) await node.setSlot(slot, { state: 'initializing' });
    await expect(reserve(first)).rejects.toMatchObject({ code: 'ResourceUnavailable.Initialization' });
    for (const slot of [0, 1]) await node.setSlot(slot, { state: 'idle' });
    await play(first);
    let release = (): void => undefined;
    node.beforeAnswer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const slow = call('CreateSession', { ...user(first), ClientSession: offer });
    const before = node.connects.length;
    await until('the command', async () => node.connects.length > before);
    await expect(call('CreateSession', { ...user(first), ClientSession: offer })).rejects.toMatchObject({
      code: 'FailedOperation.SlowDown',
    });
    // Another program than the one that is just being connected.
    await expect(call('ApplyConcurrent', { ...user(first), ProjectId: otherProjectId })).rejects.toMatchObject({
      code: 'FailedOperation.SlowDown',
    });
    release();
    await slow;
    // Wishes for another program end the session first.
    node.holdCleaning = true;
    await expect(call('ApplyConcurrent', { ...user(first), ProjectId: otherProjectId })).rejects.toMatchObject({
      code: 'UnsupportedOperation.Stopping',
    });
    node.holdCleaning = false;
    await node.finishCleaning();
    node.beforeAnswer = async () => undefined;
    await until('the next session', () =>
      play(first).then(
        () => true,
        () => false,
      ),
    );
    node.mute = true;
    await expect(call('DestroySession', { UserId: first })).rejects.toMatchObject({
      code: 'FailedOperation.ProcessTimeout',
    });
    await expect(reserve(first)).rejects.toMatchObject({ code: 'UnsupportedOperation.Stopping' });
    await expect(call('CreateSession', { ...user(first), ClientSession: offer })).rejects.toMatchObject({
      code: 'UnsupportedOperation.Stopping',
    });
  });

  it('CreateSession: every refusal that can be provoked', async () => {
    const { node } = conformance;
    const create = (extra: Record<string, unknown> = {}) =>
      call('CreateSession', { ...user(first), ClientSession: offer, ...extra });
    await expect(create()).rejects.toMatchObject({ code: 'FailedOperation.LockTimeout' });
    await expect(create({ HostUserId: 'nobody', Role: 'Viewer' })).rejects.toMatchObject({
      code: 'ResourceNotFound.SessionNotFound',
    });
    await expect(create({ RunMode: 'Sideways' })).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    await expect(create({ ClientSession: 'e30=' })).rejects.toMatchObject({
      code: 'InvalidParameter.JsonParseError',
      message: expect.stringMatching(/^ClientSession cannot be read: .*sdp/),
    });
    await expect(call('CreateSession', user(first))).rejects.toMatchObject({ code: 'MissingParameter' });
    await reserve(first);
    // Longer than a reservation lasts.
    conformance.advance(61_000);
    await expect(create()).rejects.toMatchObject({ code: 'FailedOperation.LockTimeout' });
    await until('the next reservation', () =>
      reserve(first).then(
        () => true,
        () => false,
      ),
    );
    node.refuse = 'internal';
    await expect(create()).rejects.toMatchObject({ code: 'FailedOperation' });
    await until('the next reservation', () =>
      reserve(first).then(
        () => true,
        () => false,
      ),
    );
    node.refuse = 'offer-invalid';
    await expect(create()).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    node.refuse = 'codec-unsupported';
    await expect(create()).rejects.toMatchObject({ code: 'InvalidParameterValue' });
    node.refuse = 'slot-initializing';
    await expect(create()).rejects.toMatchObject({ code: 'ResourceUnavailable.Initialization' });
    node.mute = true;
    await expect(create()).rejects.toMatchObject({ code: 'FailedOperation.ProcessTimeout' });
    node.mute = false;
    node.refuse = 'entry-not-found';
    await until('the refused start', () =>
      create().then(
        () => false,
        (error: { code: string }) => error.code === 'FailedOperation.PathNotFound',
      ),
    );
  });

  it('CreateSession: the seats of a room are bounded', async () => {
    await play(first, { HostUserId: first, Role: 'Player' });
    const [session] = await conformance.plane.admin.listSessions();
    await conformance.node.clientConnected(session?.sessionId ?? '', true);
    const join = (index: number) =>
      call('CreateSession', { ...user(`guest ${index}`), ClientSession: offer, HostUserId: first, Role: 'Player' });
    const joined: unknown[] = [];
    await expect(
      (async () => {
        for (let index = 0; index < 100; index++) joined.push(await join(index));
      })(),
    ).rejects.toMatchObject({ code: 'LimitExceeded.Role' });
    expect(joined.length).toBeGreaterThan(0);
  });

  it('DescribeConcurrentCount: an unknown project, and one of the wrong type', async () => {
    await expect(call('DescribeConcurrentCount', { ProjectId: 'cap-unknown1' })).rejects.toMatchObject({
      code: 'InvalidParameterValue',
    });
    await expect(call('DestroySession', { UserId: '' })).rejects.toMatchObject({ code: 'InvalidParameterValue' });
  });
});
