import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { listSlots, updateSlot } from '../../db/slots.js';
import {
  createHarness,
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

const slot = async () => (await listSlots(database.executor))[0];
/** A slot that cleans up for longer than it should. */
const overdue = async () => {
  const sessionId = await users.play('first');
  node.holdCleaning = true;
  await h.services.destroySession(h.caller, { userId: 'first' });
  await users.ended(sessionId);
  h.advance(testSettings.cleaningMs + 1);
  // It is not silent: only this slot is late.
  await node.sendStatus();
  return sessionId;
};
/** Holds the node's answer back, after it has looked at its slots. */
const holdAnswer = () => {
  let release = () => undefined as undefined;
  let isAsked = false;
  const released = new Promise<void>((resolve) => {
    release = () => resolve() as undefined;
  });
  node.beforeDescribed = () => {
    isAsked = true;
    return released;
  };
  return { release: () => release(), asked: () => until('the question', async () => isAsked) };
};

describe('a slot that cleans up for too long', () => {
  it('is asked about, and free when its node says so', async () => {
    const sessionId = await overdue();
    await node.finishCleaning();
    // As if that report had been lost.
    const lost = { state: 'cleaning', sessionId, projectId: null, deadlineAt: h.now() - 1, packageId: null } as const;
    await updateSlot(database.executor, { nodeId: node.nodeId, slotIndex: 0 }, lost);
    await h.services.sweep();
    await until('the free slot', async () => (await slot())?.state === 'idle');
  });

  it('is not what an answer says that was overtaken: whoever plays there by now plays on', async () => {
    await overdue();
    const answer = holdAnswer();
    await h.services.sweep();
    await answer.asked();
    node.holdCleaning = false;
    await node.finishCleaning();
    const playing = await users.play('second');
    answer.release();
    await h.settled();
    expect(await users.row(playing)).toMatchObject({ state: 'running', endReason: null });
    expect(await slot()).toMatchObject({ state: 'busy', sessionId: playing });
    expect(node.ended.map(({ sessionId }) => sessionId)).not.toContain(playing);
  });

  it('nor does the answer for one slot say anything of the others', async () => {
    await overdue();
    const answer = holdAnswer();
    await h.services.sweep();
    await answer.asked();
    const playing = await users.play('second');
    answer.release();
    await h.settled();
    expect(await users.row(playing)).toMatchObject({ state: 'running', endReason: null });
  });
});
