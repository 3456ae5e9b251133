import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../db/open.js';
import { lockProjects, markProjectsDeleted } from '../db/projects.js';
import { listSlots } from '../db/slots.js';
import { onPostgres, openTestDatabase, resetDatabase } from '../testing/database.testkit.js';
import { applyInput, createHarness, createInput, type Harness, until } from '../testing/harness.testkit.js';
import { countDeadlocks, countLockWaits, findViolations } from '../testing/invariants.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../testing/node-simulator.testkit.js';

/** Clients that call at the same time, on fewer users, who compete for still fewer slots. */
const clients = 64;
const users = 48;
const nodeIds = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6', 'node-7', 'node-8'];
const slotsPerNode = 4;
/** The embedded database runs one transaction at a time: there is less to find. */
const operations = onPostgres() ? 4_000 : 600;
const timeout = 300_000;

let database: Database;
let h: Harness;
let nodes: NodeSimulator[];

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  // A command that a busy machine answers late is no refusal.
  h = await createHarness(database, { settings: { connectMs: 60_000, endMs: 60_000 } });
  nodes = [];
  for (const nodeId of nodeIds) nodes.push(await startNodeSimulator(h.uplink, { nodeId, slots: slotsPerNode }));
});
afterEach(() => h.stop());

/** Numbers that look random, the same at every run of one client. */
function createRandom(seed: number): (below: number) => number {
  let state = (seed + 1) * 0x9e3779b1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

async function operate(random: (below: number) => number): Promise<string> {
  const userId = `user-${random(users)}`;
  switch (random(8)) {
    case 0:
    case 1:
    case 2:
      return (await h.services.applyConcurrent(h.caller, applyInput(h, userId))).type;
    case 3:
    case 4:
      return (await h.services.createSession(h.caller, createInput(userId))).type;
    case 5:
      return (await h.services.destroySession(h.caller, { userId })).type;
    case 6: {
      const hostUserId = `user-${random(users)}`;
      const join = createInput(`guest-${random(users)}`, { hostUserId, role: 'Player' });
      return (await h.services.createSession(h.caller, join)).type;
    }
    default: {
      const node = nodes[random(nodes.length)]!;
      const slot = node.describe().slots[random(slotsPerNode)];
      if (slot?.state === 'busy' && slot.sessionId !== null)
        await node.clientConnected(slot.sessionId, random(2) === 0);
      return 'reported';
    }
  }
}

async function runClients(): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  let left = operations;
  const client = async (index: number) => {
    const random = createRandom(index);
    while (left > 0) {
      left -= 1;
      const outcome = await operate(random);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return outcomes;
}

describe(`${clients} clients at once, with sweeps and reports in between`, () => {
  it('own no slot twice at any moment, and leave nothing behind', { timeout }, async () => {
    let over = false;
    const violations: string[] = [];
    const background = async () => {
      while (!over) {
        h.advance(500);
        await h.services.sweep();
        for (const node of nodes) await node.sendStatus();
        violations.push(...(await findViolations(database)));
      }
    };
    const watching = background();
    const outcomes = await runClients();
    over = true;
    await watching;
    expect(violations).toEqual([]);
    // Everything that may come of a race did come of it, and nothing else.
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(['reserved', 'no-idle', 'created', 'lock-timeout', 'destroyed']),
    );
    const known = [
      'reserved',
      'no-idle',
      'created',
      'lock-timeout',
      'destroyed',
      'stopping',
      'initializing',
      'reported',
    ];
    const ofGuests = ['host-session-not-found', 'waiting-for-host', 'role-limit', 'slow-down'];
    const expected = new Set([...known, ...ofGuests]);
    expect([...outcomes.keys()].filter((outcome) => !expected.has(outcome))).toEqual([]);

    for (let user = 0; user < users; user += 1) await h.services.destroySession(h.caller, { userId: `user-${user}` });
    await until('all slots to be idle', async () => {
      h.advance(5_000);
      await h.services.sweep();
      for (const node of nodes) await node.sendStatus();
      await h.settled();
      return (await listSlots(database.executor)).every((slot) => slot.state === 'idle');
    });
    expect(await h.services.listSessions()).toEqual([]);
    expect(await findViolations(database)).toEqual([]);
  });

  it.runIf(onPostgres())('come into no deadlock, each of which would cost a user a second', { timeout }, async () => {
    const before = await countDeadlocks(database);
    await runClients();
    await h.settled();
    expect(await countDeadlocks(database)).toBe(before);
  });
});

describe('a reservation that waits while its project is being deleted', () => {
  // The embedded database runs one transaction after the other: nothing waits.
  it.runIf(onPostgres())('finds that there is no such project', { timeout }, async () => {
    const { accountId } = h.caller;
    let applying: ReturnType<typeof h.services.applyConcurrent> | undefined;
    await database.transaction(async (tx) => {
      await lockProjects(tx, { accountId, projectIds: [h.projectId] });
      applying = h.services.applyConcurrent(h.caller, applyInput(h, 'late'));
      await until('the reservation to wait', async () => (await countLockWaits(database)) > 0);
      await markProjectsDeleted(tx, [h.projectId], h.now());
    });
    expect(await applying).toEqual({ type: 'project-not-found' });
    expect(await h.services.listSessions()).toEqual([]);
    expect((await listSlots(database.executor)).every((slot) => slot.state === 'idle')).toBe(true);
    expect(await findViolations(database)).toEqual([]);
  });
});
