import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { listSessions } from '../../db/sessions.js';
import {
  applyInput,
  createHarness,
  type Harness,
  openTestDatabase,
  resetDatabase,
} from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { createUsers, type Users } from '../../testing/users.testkit.js';

let database: Database;
let h: Harness;
let node: NodeSimulator;
let users: Users;

const apply = (userId: string) => h.services.applyConcurrent(h.caller, applyInput(h, userId));
const count = async () => {
  const outcome = await h.services.describeConcurrentCount(h.caller, { projectId: h.projectId, category: '' });
  if (outcome.type !== 'counted') throw new Error(outcome.type);
  return outcome.count;
};
const addNode = (nodeId: string, region: string) =>
  h.services.handleNodeEvent({
    type: 'node.status',
    node: { ...node.describe(), nodeId, region, concurrencyTypes: ['L1', 'S1'] },
  });

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  h = await createHarness(database);
  node = await startNodeSimulator(h.uplink, { slots: 2 });
  users = createUsers(h, node);
});
afterEach(() => h.stop());

describe('the list of nodes', () => {
  it('tells what a node is and does, page by page and by region', async () => {
    const sessionId = await users.play('u1');
    await addNode('node-2', 'ap-tokyo');
    const first = await h.services.listNodes({ limit: 1 });
    expect(first.nodes).toEqual([
      {
        nodeId: 'node-1',
        name: 'simulated',
        region: 'local',
        version: '0.0.0',
        concurrencyTypes: [],
        online: true,
        lastSeenAt: h.now(),
        drainBegunAt: null,
        slotsByState: { initializing: 0, idle: 1, reserved: 0, busy: 1, cleaning: 0, failed: 0 },
      },
    ]);
    const second = await h.services.listNodes({ limit: 1, cursor: first.nextCursor ?? '' });
    expect(second).toMatchObject({ nodes: [{ nodeId: 'node-2', concurrencyTypes: ['L1', 'S1'] }], nextCursor: null });
    expect((await h.services.listNodes({ region: 'ap-tokyo' })).nodes).toHaveLength(1);
    await expect(h.services.listNodes({ limit: 0 })).rejects.toMatchObject({ code: 'query-invalid' });
    expect(await h.services.findNodeDetail('node-1')).toMatchObject({
      bootId: 'boot-1',
      slots: [
        { slotIndex: 0, state: 'busy', session: { sessionId, userId: 'u1', state: 'running' } },
        { slotIndex: 1, state: 'idle', session: null },
      ],
    });
    expect(await h.services.findNodeDetail('node-9')).toBeNull();
  });
});

describe('a node that is drained', () => {
  it('keeps who plays and gets nobody new, over restarts, until it is resumed', async () => {
    const playing = await users.play('u1');
    await h.services.drainNode('node-1');
    expect(await apply('u2')).toEqual({ type: 'no-idle' });
    expect((await users.row(playing)).state).toBe('running');
    expect(await count()).toEqual({ total: 0, running: 1 });
    const { rows } = await h.services.takeCensus();
    expect(rows.filter(({ kind }) => kind === 'slot').map(({ state }) => state)).toEqual(
      expect.arrayContaining(['busy', 'drained']),
    );
    const drainBegunAt = h.now();
    // The agent is started anew, with a slot more, after it was lost.
    h.advance(31_000);
    await h.services.sweep();
    const { slots } = node.describe();
    const restarted = { ...node.describe(), bootId: 'boot-2' };
    await h.services.handleNodeEvent({
      type: 'node.status',
      node: { ...restarted, slots: [0, 1, 2].map((slotIndex) => ({ ...slots[1]!, slotIndex })) },
    });
    await h.services.drainNode('node-1');
    expect(await h.services.findNodeDetail('node-1')).toMatchObject({
      online: true,
      drainBegunAt,
      slotsByState: { idle: 3, busy: 0 },
    });
    expect(await apply('u1')).toEqual({ type: 'no-idle' });
    await h.services.resumeNode('node-1');
    expect(await count()).toEqual({ total: 3, running: 0 });
    expect((await apply('u1')).type).toBe('reserved');
  });

  it('leaves new users to the other nodes', async () => {
    await addNode('node-2', 'local');
    await h.services.drainNode('node-1');
    for (const user of ['u1', 'u2']) await users.reserve(user);
    const live = await listSessions(database.executor, { includeEnded: false });
    expect(live.map(({ nodeId }) => nodeId)).toEqual(['node-2', 'node-2']);
    expect(await apply('u3')).toEqual({ type: 'no-idle' });
  });

  it('ends prelaunched programs that nobody has claimed', async () => {
    const { id } = await h.services.createProject({
      accountId: h.caller.accountId,
      name: 'preloaded',
      applicationId: h.applicationId,
      isPreload: true,
    });
    await h.services.sweep();
    await h.settled();
    const live = () => listSessions(database.executor, { includeEnded: false });
    expect(await live()).toMatchObject([{ projectId: id, userId: null, state: 'prelaunching' }]);
    await h.services.drainNode('node-1');
    await h.services.sweep();
    await h.settled();
    expect(node.ended).toHaveLength(1);
    await h.services.sweep();
    expect((await live()).filter(({ state }) => state !== 'ending')).toEqual([]);
  });

  it('must exist', async () => {
    await expect(h.services.drainNode('node-9')).rejects.toMatchObject({ code: 'node-not-found' });
    await expect(h.services.resumeNode('node-9')).rejects.toMatchObject({ code: 'node-not-found' });
  });
});
