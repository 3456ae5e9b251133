import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isAppError, type NodeEvent } from '@cloudstage/protocol';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listSlots } from '../db/slots.js';
import { resumeSessions } from '../services/sessions/resume.js';
import { bundleTestkit } from './bundle.testkit.js';
import { createTestDatabase, openTestDatabase } from './database.testkit.js';
import type { FaultAction } from './fault-world.testkit.js';
import { applyInput, createHarness, type Harness, until } from './harness.testkit.js';
import { findViolations } from './invariants.testkit.js';
import { type SimulatedSlot, startNodeSimulator } from './node-simulator.testkit.js';
import type { EmptyDatabase } from './postgres-cluster.testkit.js';

/** Places of each action that are tried, or `all`: two processes each, and an ordinary run must end in minutes. */
const triedPlaces = process.env.CLOUDSTAGE_FAULT_PLACES ?? '2';
/** Chooses the places; another one at every run, so that in time all are tried. `CLOUDSTAGE_TEST_SEED` repeats a run. */
const seed = Number(process.env.CLOUDSTAGE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const timeout = 240_000;
/** What no place reaches: the action runs through and tells how many places it has. */
const never = 1_000_000;

/** Where processes are started: the script, and the directory for what they leave behind. */
interface Workshop {
  readonly script: string;
  readonly dir: string;
  readonly database: EmptyDatabase;
}

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

async function runChild(shop: Workshop, action: FaultAction, killAt: number): Promise<Remains> {
  const args = [shop.script, shop.database.url, action.name, String(killAt)];
  const env = { ...process.env, TMPDIR: shop.dir };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
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

/** Nobody wants anything any more: sessions end, packages are taken back; everything else falls to its deadline. */
async function giveUp(h: Harness): Promise<void> {
  await h.database.executor.execute(sql`UPDATE projects SET is_preload = false`);
  for (const { sessionId } of await h.services.listSessions()) await h.services.endSession(sessionId, 'kicked');
  for (const { id } of await h.services.listPackages(null)) {
    await h.services.revokePackage(id).catch((error: unknown) => {
      // Revoked already, and not yet removed.
      if (!isAppError(error, 'package-not-found')) throw error;
    });
  }
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
  await giveUp(h);
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

/** The places to be tried: one of each part of the action, or all. */
function choosePlaces(count: number): number[] {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  const tried = triedPlaces === 'all' ? count : Number(triedPlaces);
  if (count <= tried) return all;
  const within = fc.sample(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { numRuns: tried, seed });
  return within.map((part, index) => Math.floor(((index + part) * count) / tried) + 1);
}

/** Tests that a control plane that is killed in the middle of these actions keeps what it acknowledged, and leaks nothing. */
export function testFaults(actions: readonly FaultAction[]): void {
  let shop: Workshop;
  beforeAll(async () => {
    process.stdout.write(`places of kills: CLOUDSTAGE_TEST_SEED=${seed}\n`);
    const dir = await mkdtemp(join(tmpdir(), 'cloudstage-faults-'));
    // A child empties it before it begins.
    shop = { script: await bundleTestkit('fault-child'), dir, database: await createTestDatabase() };
  });
  afterAll(async () => {
    await shop.database.drop();
    await rm(shop.script, { force: true });
    await rm(shop.dir, { recursive: true, force: true });
  });

  describe('a control plane that is killed in the middle of', () => {
    it.for(actions)('$name: keeps what it acknowledged, and leaks nothing', { timeout }, async (action) => {
      const { url } = shop.database;
      const whole = await runChild(shop, action, never);
      expect(whole.passed).toBeGreaterThan(0);
      await recover(url, action, whole);
      for (const place of choosePlaces(whole.passed ?? 0)) {
        const remains = await runChild(shop, action, place);
        await recover(url, action, remains).catch((error: unknown) => {
          throw new Error(`killed at place ${place} of ${whole.passed}`, { cause: error });
        });
      }
    });
  });
}
