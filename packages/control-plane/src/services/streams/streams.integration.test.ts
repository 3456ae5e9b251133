import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { findPublish } from '../../db/publishes.js';
import {
  applyInput,
  createHarness,
  createInput,
  type Harness,
  openTestDatabase,
  resetDatabase,
  until,
} from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { createReseal } from '../accounts/reseal.js';
import { createSecretBox } from '../secret-box.js';
import { createPublishFollower } from './follow-publish.js';
import { createStreamServices } from './stream-services.js';

let database: Database;
let harness: Harness;
let node: NodeSimulator;
const url = 'rtmp://push.example.com/live/alice?key=secret';

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  harness = await createHarness(database);
  node = await startNodeSimulator(harness.uplink);
});
afterEach(() => harness.stop());

async function runSession(userId = 'alice'): Promise<string> {
  const applied = await harness.services.applyConcurrent(harness.caller, applyInput(harness, userId));
  if (applied.type !== 'reserved') throw new Error(applied.type);
  const created = await harness.services.createSession(harness.caller, createInput(userId));
  if (created.type !== 'created') throw new Error(created.type);
  await node.clientConnected(created.sessionId, true);
  return created.sessionId;
}
const startWithUrl = (target = url, userId = 'alice') =>
  harness.services.startPublishStreamWithUrl(harness.caller, { userId, url: target });
const stop = (userId = 'alice') => harness.services.stopPublishStream(harness.caller, { userId });
const stateOf = async (sessionId: string) => (await findPublish(database.executor, sessionId))?.state;
const withSettings = (publish: Partial<Harness['deps']['settings']['publish']>, resolve = async () => ['8.8.8.8']) =>
  createStreamServices(
    {
      ...harness.deps,
      settings: { ...harness.deps.settings, publish: { ...harness.deps.settings.publish, ...publish } },
    },
    resolve,
  );

describe('a push', () => {
  it('is told to the node, sealed in the database, and follows the reports of the node', async () => {
    const sessionId = await runSession();
    expect(await startWithUrl()).toEqual({ type: 'started' });
    expect(node.published).toEqual([{ sessionId, slotIndex: 0, url }]);
    const row = await findPublish(database.executor, sessionId);
    expect(row).toMatchObject({ state: 'connecting' });
    expect(JSON.stringify(row)).not.toContain('secret');
    for (const state of ['publishing', 'paused', 'reconnecting', 'publishing'] as const) {
      await node.publishState(sessionId, state);
      expect(await stateOf(sessionId)).toBe(state);
    }
    expect(harness.logLines.join('')).not.toContain('secret');
  });

  it('goes on while its player is away', async () => {
    const sessionId = await runSession();
    await startWithUrl();
    await node.publishState(sessionId, 'publishing');
    await node.clientConnected(sessionId, false);
    expect(await stateOf(sessionId)).toBe('publishing');
    expect(await startWithUrl('rtmp://push.example.com/live/other')).toEqual({ type: 'started' });
    expect(node.published.at(-1)).toMatchObject({ url: 'rtmp://push.example.com/live/other' });
  });

  it('may be started twice, stopped, and stopped again', async () => {
    const sessionId = await runSession();
    expect(await stop()).toEqual({ type: 'stopped' });
    await startWithUrl();
    expect(await startWithUrl()).toEqual({ type: 'started' });
    expect(await stop()).toEqual({ type: 'stopped' });
    expect(node.unpublished).toEqual([sessionId, sessionId]);
    expect(await findPublish(database.executor, sessionId)).toMatchObject({ state: 'stopped', urlCipher: null });
  });

  it('is restored by a node whose agent was started anew, unless it is over', async () => {
    const [first, second] = [await runSession('alice'), await runSession('bob')];
    await startWithUrl(url, 'alice');
    await startWithUrl(url, 'bob');
    await stop('bob');
    const slotOf = (id: string) => node.connects.find(({ sessionId }) => sessionId === id)?.slotIndex;
    const busy = [first, second]
      .sort((a, b) => (slotOf(a) ?? 0) - (slotOf(b) ?? 0))
      .map((sessionId) => ({ state: 'busy', sessionId, connected: true }) as const);
    const again = await startNodeSimulator(harness.uplink, { bootId: 'boot-2', initial: busy });
    await until('the command', async () => again.published.length > 0);
    await harness.settled();
    expect(again.published).toEqual([{ sessionId: first, slotIndex: slotOf(first), url }]);
  });

  it('is still restored when the master key was changed and the former one thrown away', async () => {
    const sessionId = await runSession();
    await runSession('bob');
    await startWithUrl();
    await startWithUrl(url, 'bob');
    await stop('bob');
    const [oldKey, newKey] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
    const withKeys = (key: Buffer, ...previous: Buffer[]) => ({
      ...harness.deps,
      secrets: createSecretBox(key, previous),
    });
    const lost = await createReseal(withKeys(newKey))();
    expect(lost.unreadable).toEqual(expect.arrayContaining([sessionId]));
    // The first account's key and the push of alice: that of bob is over.
    const all = { resealed: 2, current: 0, unreadable: [] };
    expect(await createReseal(withKeys(newKey, oldKey))()).toEqual(all);
    expect(await createReseal(withKeys(newKey, oldKey))()).toEqual({ ...all, resealed: 0, current: 2 });
    node.published.length = 0;
    createPublishFollower(withKeys(newKey)).restore('node-1');
    await harness.settled();
    expect(node.published).toMatchObject([{ sessionId, url }]);
  });

  it('ends with its session, and nothing of the URL is left', async () => {
    const sessionId = await runSession();
    await startWithUrl();
    await node.publishState(sessionId, 'publishing');
    await harness.services.destroySession(harness.caller, { userId: 'alice' });
    await until('the end', async () => (await stateOf(sessionId)) === 'stopped');
    await node.publishState(sessionId, 'publishing');
    expect(await findPublish(database.executor, sessionId)).toMatchObject({ state: 'stopped', urlCipher: null });
  });

  it('that the node gives up is over', async () => {
    const sessionId = await runSession();
    await startWithUrl();
    await node.publishState(sessionId, 'stopped', 'given up: refused');
    expect(await findPublish(database.executor, sessionId)).toMatchObject({
      state: 'stopped',
      urlCipher: null,
      message: 'given up: refused',
    });
  });
});

describe('refusals', () => {
  it('needs a session whose program runs', async () => {
    expect(await startWithUrl()).toEqual({ type: 'session-not-found' });
    expect(await stop()).toEqual({ type: 'session-not-found' });
    await harness.services.applyConcurrent(harness.caller, applyInput(harness, 'alice'));
    expect(await startWithUrl()).toEqual({ type: 'session-not-found' });
    expect(node.published).toEqual([]);
  });

  it('does not find the sessions of other accounts', async () => {
    await runSession();
    const caller = { accountId: 'somebody-else', requestId: 'r' };
    const input = { userId: 'alice', url };
    expect(await harness.services.startPublishStreamWithUrl(caller, input)).toEqual({ type: 'session-not-found' });
  });

  it('forgets a wish that the node refuses', async () => {
    const sessionId = await runSession();
    node.refuse = 'streamer-unavailable';
    expect(await startWithUrl()).toMatchObject({ type: 'failed' });
    expect(await findPublish(database.executor, sessionId)).toMatchObject({ state: 'stopped', urlCipher: null });
    node.refuse = 'slot-mismatch';
    expect(await startWithUrl()).toEqual({ type: 'session-not-found' });
  });

  it.each(['http://host/live/a', 'rtmp://host', 'rtmp://host/live/a b'])('%s is no target', async (target) => {
    await runSession();
    expect(await startWithUrl(target)).toMatchObject({ type: 'url-invalid' });
    expect(node.published).toEqual([]);
  });

  it('keeps callers off networks that they could not reach themselves', async () => {
    await runSession();
    const strict = withSettings({ allowPrivateUrls: false }, async (host = '') =>
      host === 'inside.test' ? ['10.0.0.1'] : [],
    );
    const tryUrl = (target: string) =>
      strict.startPublishStreamWithUrl(harness.caller, { userId: 'alice', url: target });
    expect(await tryUrl('rtmp://127.0.0.1/live/a')).toEqual({ type: 'target-refused' });
    expect(await tryUrl('rtmp://[::1]/live/a')).toEqual({ type: 'target-refused' });
    expect(await tryUrl('rtmp://inside.test/live/a')).toEqual({ type: 'target-refused' });
    expect(await tryUrl('rtmp://nowhere.test/live/a')).toMatchObject({ type: 'url-invalid' });
    expect(node.published).toEqual([]);
    expect(await tryUrl('rtmp://8.8.8.8/live/a')).toEqual({ type: 'started' });
  });
});

describe('the domain of the installation', () => {
  const input = { userId: 'alice', parameters: 'bar=1' };

  it('is needed', async () => {
    await runSession();
    expect(await harness.services.startPublishStream(harness.caller, input)).toEqual({ type: 'not-configured' });
  });

  it('gets a signed stream named after the user, on a private network too', async () => {
    await runSession();
    const services = withSettings({
      publishDomain: 'rtmp://10.0.0.7/live',
      signingKey: 'key',
      allowPrivateUrls: false,
    });
    expect(await services.startPublishStream(harness.caller, input)).toEqual({ type: 'started' });
    expect(node.published[0]?.url).toMatch(
      /^rtmp:\/\/10\.0\.0\.7\/live\/alice\?txSecret=[0-9a-f]{32}&txTime=[0-9A-F]{8}&bar=1$/,
    );
    const odd = { userId: 'alice', parameters: 'a=b c' };
    expect(await services.startPublishStream(harness.caller, odd)).toMatchObject({ type: 'url-invalid' });
  });
});
