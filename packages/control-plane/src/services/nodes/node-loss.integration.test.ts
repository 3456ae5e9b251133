import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { listSlots } from '../../db/slots.js';
import {
  createHarness,
  createInput,
  type Harness,
  openTestDatabase,
  resetDatabase,
  testSettings,
  until,
} from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';
import { createUsers, type Users } from '../../testing/users.testkit.js';

let database: Database;
let h: Harness;
let node: NodeSimulator;
let users: Users;

const slots = async () =>
  (await listSlots(database.executor)).map(({ nodeId, state, sessionId }) => ({ nodeId, state, sessionId }));

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  h = await createHarness(database);
  node = await startNodeSimulator(h.uplink, { slots: 1 });
  users = createUsers(h, node);
});
afterEach(() => h.stop());

/** The node says nothing for longer than it may. */
const loseNode = async () => {
  h.advance(testSettings.nodeSilentMs + 1);
  await h.services.sweep();
};

describe('a node that is silent', () => {
  it('loses its sessions, in whatever state, with the reason node-lost; reservations on it too', async () => {
    const playing = await users.play('u1');
    await loseNode();
    expect(await users.row(playing)).toMatchObject({ state: 'ended', endReason: 'node-lost' });
    expect(await slots()).toEqual([{ nodeId: 'node-1', state: 'cleaning', sessionId: playing }]);
  });

  it('leaves its users free to come again at once, elsewhere', async () => {
    await users.play('u1');
    await loseNode();
    const applied = await h.services.applyConcurrent(h.caller, {
      userId: 'u1',
      userIp: '198.51.100.4',
      projectId: h.projectId,
      applicationId: '',
      applicationVersionId: '',
    });
    expect(applied).toEqual({ type: 'no-idle' });
    const [slot] = node.describe().slots;
    const other = {
      ...node.describe(),
      nodeId: 'node-2',
      slots: [{ ...slot!, state: 'idle' as const, sessionId: null }],
    };
    await h.services.handleNodeEvent({ type: 'node.status', node: other });
    const sessionId = await users.reserve('u1');
    expect((await users.row(sessionId)).nodeId).toBe('node-2');
  });

  it('ends the orphans it comes back with, while their users play elsewhere, and is used again', async () => {
    const lost = await users.play('u1');
    await loseNode();
    const [slot] = node.describe().slots;
    const elsewhere = { ...slot!, state: 'idle' as const, sessionId: null, connected: false };
    await h.services.handleNodeEvent({
      type: 'node.status',
      node: { ...node.describe(), nodeId: 'node-2', slots: [elsewhere] },
    });
    const again = await users.reserve('u1');
    // It was only cut off: its program runs on, and its client still sees it.
    await node.sendStatus();
    await until('the orphan to end', async () => node.ended.some((end) => end.sessionId === lost));
    expect(node.ended).toEqual([{ sessionId: lost, reason: 'node-lost' }]);
    await until('the slot to be idle again', async () =>
      (await slots()).some((row) => row.nodeId === 'node-1' && row.state === 'idle'),
    );
    expect(await users.row(again)).toMatchObject({ state: 'reserved', nodeId: 'node-2' });
    expect(await users.row(lost)).toMatchObject({ state: 'ended', endReason: 'node-lost' });
    expect((await users.row(await users.reserve('u2'))).nodeId).toBe('node-1');
  });

  it('cannot revive a session by reports that come late', async () => {
    const lost = await users.play('u1');
    await loseNode();
    await node.clientConnected(lost, true);
    await h.uplink.emit({
      type: 'session.ended',
      nodeId: 'node-1',
      sessionId: lost,
      reason: 'program-exit',
      exitCode: 0,
    });
    expect(await users.row(lost)).toMatchObject({ state: 'ended', endReason: 'node-lost', exitCode: null });
    const detail = await h.services.findSessionDetail({ sessionId: lost });
    expect(detail!.events.at(-1)).toMatchObject({ type: 'node-lost', state: 'ended', detail: 'node-lost' });
  });

  it('makes CreateSession of a user with a reservation on it fail in a way that tells to apply again', async () => {
    await users.reserve('u1');
    await loseNode();
    expect(await h.services.createSession(h.caller, createInput('u1'))).toEqual({ type: 'lock-timeout' });
  });
});
