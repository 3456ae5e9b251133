import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { NodeEvent } from '@cloudstage/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listSlots } from './db/slots.js';
import { resumeSessions } from './services/sessions/resume.js';
import { bundleTestkit } from './testing/bundle.testkit.js';
import { createTestDatabase, openTestDatabase } from './testing/database.testkit.js';
import { type FaultAction, faultActions } from './testing/fault-actions.testkit.js';
import { applyInput, createHarness, until } from './testing/harness.testkit.js';
import { findViolations } from './testing/invariants.testkit.js';
import { type SimulatedSlot, startNodeSimulator } from './testing/node-simulator.testkit.js';

/** Places of each action that an ordinary run tries: two processes each, and the whole suite must end in minutes. */
const triedPlaces = 6;
const timeout = 240_000;
/** What no place reaches: the action runs through and tells how many places it has. */
const never = 1_000_000;

let script: string;
beforeAll(async () => {
  script = await bundleTestkit('fault-child');
});
afterAll(() => rm(script, { force: true }));

/** What a killed control plane has left behind, besides its database. */
interface Remains {
  /** The acknowledged result as JSON; null when the action was not acknowledged. */
  readonly done: string | null;
  /** Places of the action; null when the process was killed. */
  readonly passed: number | null;
  readonly slots: readonly SimulatedSlot[];
}

function applyEvent(slots: SimulatedSlot[], event: NodeEvent): void {
  if (event.type === 'slot.state') slots[event.slot.slotIndex] = { ...event.slot };
  if (event.type === 'node.status') for (const slot of event.node.slots) slots[slot.slotIndex] = { ...slot };
  if (event.type !== 'session.client') return;
  const slot = slots.find((candidate) => candidate.sessionId === event.sessionId);
  if (slot !== undefined) slot.connected = event.connected;
}

async function runChild(url: string, action: FaultAction, killAt: number): Promise<Remains> {
  const args = [script, url, action.name, String(killAt)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  let done: string | null = null;
  let passed: number | null = null;
  const slots: SimulatedSlot[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [word] = line.split(' ', 1);
    const rest = line.slice((word?.length ?? 0) + 1);
    if (word === 'node') applyEvent(slots, JSON.parse(rest));
    if (word === 'done') done = rest;
    if (word === 'passed') passed = Number(rest);
  }
  expect(await gone, `${action.name}, killed at ${killAt}`).toBe(passed === null ? 'SIGKILL' : 0);
  return { done, passed, slots };
}

/** Starts a control plane on what the killed one left, and checks that nothing is lost and nothing leaks. */
async function recover(url: string, action: FaultAction, remains: Remains): Promise<void> {
  const database = await openTestDatabase(url);
  expect(await findViolations(database)).toEqual([]);
  const h = await createHarness(database, { startAt: 1_700_000_000_000 + 130_000 });
  await resumeSessions(h.deps);
  const node = await startNodeSimulator(h.uplink, { initial: remains.slots });
  if (remains.done !== null) await action.verify({ h, node }, JSON.parse(remains.done));
  await h.settled();
  expect(await findViolations(database)).toEqual([]);
  // Whoever holds a session gives it up; everything else falls to its deadline.
  for (const { sessionId } of await h.services.listSessions()) await h.services.endSession(sessionId, 'kicked');
  await until('all slots to be idle', async () => {
    h.advance(1_000);
    // A node goes on with what it has begun, whatever becomes of the control plane.
    await node.finishCleaning();
    await node.sendStatus();
    await h.services.sweep();
    await h.settled();
    return (await listSlots(database.executor)).every((slot) => slot.state === 'idle');
  });
  expect(await h.services.listSessions()).toEqual([]);
  expect((await h.services.applyConcurrent(h.caller, applyInput(h, 'u1'))).type).toBe('reserved');
  expect(await findViolations(database)).toEqual([]);
  await h.stop();
  await database.close();
}

/** The places to be tried: some that are spread over the action, or all with CLOUDSTAGE_FAULT_PLACES=all. */
function choosePlaces(count: number): number[] {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  if (process.env.CLOUDSTAGE_FAULT_PLACES === 'all' || count <= triedPlaces) return all;
  return Array.from({ length: triedPlaces }, (_, index) => Math.ceil(((index + 0.5) * count) / triedPlaces));
}

describe('a control plane that is killed in the middle of', () => {
  it.for(faultActions)('$name: keeps what it acknowledged, and leaks nothing', { timeout }, async (action) => {
    const made = await createTestDatabase();
    try {
      const whole = await runChild(made.url, action, never);
      expect(whole.passed).toBeGreaterThan(0);
      await recover(made.url, action, whole);
      for (const place of choosePlaces(whole.passed ?? 0)) {
        const remains = await runChild(made.url, action, place);
        await recover(made.url, action, remains).catch((error: unknown) => {
          throw new Error(`killed at place ${place} of ${whole.passed}`, { cause: error });
        });
      }
    } finally {
      await made.drop();
    }
  });
});
