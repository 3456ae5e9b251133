import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../testing/harness.testkit.js';
import { refused } from './applications.testkit.js';
import type { Call } from './official-sdks.testkit.js';
import { type ConformancePlane, offer, sessionWays, startConformancePlane } from './plane.testkit.js';

/** Live pushes through every way the official packages have; what the simulated node is told is what a real one pushes. */
let conformance: ConformancePlane;
let projectId: string;

beforeAll(async () => {
  conformance = await startConformancePlane(
    { connectSeconds: 1 },
    { streams: { publishDomain: 'rtmp://push.example.com/live', signingKey: 'key' } },
  );
  const applicationId = await conformance.addGame();
  const { plane } = conformance;
  ({ projectId } = await plane.admin.findOrCreateProject({ name: 'game', applicationId }));
});
afterAll(() => conformance.close());
afterEach(async () => {
  Object.assign(conformance.node, { refuse: null, mute: false });
  conformance.node.published.length = 0;
  conformance.node.unpublished.length = 0;
  await until('every session to end', async () => {
    const live = await conformance.plane.admin.listSessions();
    for (const { sessionId } of live) await conformance.plane.admin.endSession(sessionId).catch(() => undefined);
    return live.length === 0 && (await conformance.count()).running === 0;
  });
});

const UserId = '用户 & a';

describe.each(sessionWays)('%s', (_name, make) => {
  const call: Call = (action, request) => make(conformance.sdk)(action, request);
  const play = async () => {
    const user = { UserId, UserIp: '198.51.100.4' };
    await call('ApplyConcurrent', { ...user, ProjectId: projectId });
    await call('CreateSession', { ...user, ClientSession: offer });
    const [session] = await conformance.plane.admin.listSessions();
    const sessionId = session?.sessionId ?? '';
    await conformance.node.clientConnected(sessionId, true);
    return sessionId;
  };

  it('pushes to the domain of the installation, to another URL, and ends the push', async () => {
    const sessionId = await play();
    const { node } = conformance;
    const started = await call('StartPublishStream', { UserId, PublishStreamArgs: 'bar=1&foo=a+b%20c' });
    expect(started.RequestId).toMatch(/^[0-9a-f-]{36}$/);
    const name = encodeURIComponent(UserId);
    expect(node.published).toMatchObject([{ sessionId, url: expect.stringContaining(`/live/${name}?txSecret=`) }]);
    expect(node.published[0]?.url).toMatch(/&txTime=[0-9A-F]+&bar=1&foo=a\+b%20c$/);
    const PublishStreamURL = 'rtmp://8.8.8.8/app/stream?key=a+b%2Fc&x=1';
    await call('StartPublishStreamWithURL', { UserId, PublishStreamURL });
    expect(node.published[1]).toMatchObject({ sessionId, url: PublishStreamURL });
    await call('StopPublishStream', { UserId });
    // Nothing is pushed any more: that is what was asked for.
    await call('StopPublishStream', { UserId });
    expect(node.unpublished).toEqual([sessionId, sessionId]);
  });

  it('refuses with the documented codes', async () => {
    const { node } = conformance;
    const start = (PublishStreamURL = 'rtmp://8.8.8.8/app/stream') =>
      call('StartPublishStreamWithURL', { UserId, PublishStreamURL });
    const noSession = refused('ResourceNotFound.SessionNotFound');
    await expect(call('StartPublishStream', { UserId })).rejects.toMatchObject(noSession);
    await expect(start()).rejects.toMatchObject(noSession);
    await expect(call('StopPublishStream', { UserId })).rejects.toMatchObject(noSession);
    await play();
    await expect(start('http://8.8.8.8/app/stream')).rejects.toMatchObject(refused('InvalidParameter'));
    await expect(start('rtmp://192.168.1.1/app/stream')).rejects.toMatchObject(refused('OperationDenied'));
    await expect(call('StartPublishStreamWithURL', { UserId })).rejects.toMatchObject(refused('MissingParameter'));
    node.refuse = 'streamer-unavailable';
    await expect(start()).rejects.toMatchObject(refused('FailedOperation'));
    node.refuse = null;
    node.mute = true;
    await expect(start()).rejects.toMatchObject(refused('FailedOperation'));
    await expect(call('StopPublishStream', { UserId })).rejects.toMatchObject(refused('FailedOperation'));
  });
});

describe('an installation without a push domain', () => {
  it('refuses StartPublishStream', async () => {
    const plain = await startConformancePlane();
    try {
      const [, make] = sessionWays[0]!;
      await expect(make(plain.sdk)('StartPublishStream', { UserId })).rejects.toMatchObject(refused('OperationDenied'));
    } finally {
      await plain.close();
    }
  });
});
