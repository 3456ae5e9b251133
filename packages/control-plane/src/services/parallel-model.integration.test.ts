import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../db/open.js';
import { listSlots } from '../db/slots.js';
import { createActors } from '../testing/concurrency.testkit.js';
import { onPostgres, openTestDatabase, resetDatabase } from '../testing/database.testkit.js';
import { until } from '../testing/harness.testkit.js';
import { countDeadlocks, findViolations } from '../testing/invariants.testkit.js';
import { createParallelClient, type ParallelState, planCommands, runFate } from '../testing/model/parallel.testkit.js';
import { createModelWorld, type ModelWorld } from '../testing/model/world.testkit.js';

const nodeIds = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6'];
const slots = 5;
const size = { clients: 64, steps: 40, fates: 30 };
/** Calls that are let go while fate strikes, and again afterwards. */
const pace = Math.floor((size.clients * size.steps) / (2 * size.fates + 1));
const timeout = 300_000;
/** Told at every run, so that a failure can be looked into by setting `CLOUDSTAGE_TEST_SEED`; the order of calls is never quite the same. */
const seed = Number(process.env.CLOUDSTAGE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

let database: Database;
let world: ModelWorld;
// The embedded database runs one transaction at a time: there the model test finds the same.
describe.runIf(onPostgres())(
  `${size.clients} clients at once, while nodes are lost, packages change and control planes are replaced`,
  () => {
    beforeAll(async () => {
      database = await openTestDatabase();
      await resetDatabase(database);
      // A command that a busy machine answers late is no refusal.
      world = await createModelWorld(database, { nodeIds, slots, settings: { connectMs: 60_000, endMs: 60_000 } });
    });
    afterAll(async () => {
      await world.stop();
      await database.close();
    });

    it('keep what they were promised; no slot is owned twice, none leaks', { timeout }, async () => {
      process.stdout.write(`parallel model: CLOUDSTAGE_TEST_SEED=${seed}\n`);
      const plan = planCommands({ seed, nodes: nodeIds.length, ...size });
      const state: ParallelState = { epoch: 0, owners: new Map(), outcomes: new Map() };
      const { id: packageId } = await createActors(world.h()).grant({ amount: 20, force: true });
      const users = plan.clients.map((_, index) => `user-${index}`);
      const deadlocks = await countDeadlocks(database);
      const violations: string[] = [];
      let begun = 0;
      let allowed = pace;
      let over = false;

      const runClient = async (index: number) => {
        const client = createParallelClient(world, state, users[index]!);
        for (const command of plan.clients[index]!) {
          while (begun >= allowed) await new Promise((resolve) => setTimeout(resolve, 2));
          begun += 1;
          await client.run(command);
        }
      };
      /** Fate strikes in the middle of calls, and then leaves the clients alone for a while, so that they can rely on promises. */
      const strike = async () => {
        for (const command of plan.fate) {
          allowed += pace;
          await runFate(world, state, command, { nodeIds, packageId });
          allowed += pace;
          while (begun < allowed && !over) violations.push(...(await findViolations(database)));
        }
        allowed = Number.POSITIVE_INFINITY;
      };
      const calls = Promise.all(users.map((_, index) => runClient(index))).finally(() => {
        over = true;
      });
      await Promise.all([calls, strike()]);
      process.stdout.write(`${JSON.stringify([...state.outcomes])}\n`);
      expect(violations).toEqual([]);
      expect([...state.outcomes.keys()]).toEqual(
        expect.arrayContaining(['apply reserved', 'apply no-idle', 'create created', 'promises kept']),
      );

      for (const nodeId of nodeIds) await world.comeBack(nodeId);
      await runFate(world, state, { type: 'preload', on: false }, { nodeIds, packageId });
      await until(
        'all slots to be idle',
        async () => {
          const { h } = world;
          for (const userId of users) await h().services.destroySession(h().caller, { userId });
          h().advance(31_000);
          await world.settle();
          return (await listSlots(database.executor)).every((slot) => slot.state === 'idle');
        },
        timeout,
      );
      expect(await world.h().services.listSessions()).toEqual([]);
      expect(await findViolations(database)).toEqual([]);
      expect(await countDeadlocks(database)).toBe(deadlocks);
    });
  },
);
