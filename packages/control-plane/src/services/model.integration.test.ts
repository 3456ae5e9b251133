import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../db/open.js';
import { onPostgres, openTestDatabase, resetDatabase } from '../testing/database.testkit.js';
import { modelCommands, modelNodes, modelUsers } from '../testing/model/commands.testkit.js';
import { createReference } from '../testing/model/reference.testkit.js';
import { createModelWorld } from '../testing/model/world.testkit.js';

/**
 * Sequences of commands; on PostgreSQL enough for every command to meet every other. The embedded database takes
 * longer for each, and finds by fewer, of another seed, what only it does. `CLOUDSTAGE_TEST_RUNS` sets another number.
 */
const numRuns = Number(process.env.CLOUDSTAGE_TEST_RUNS ?? (onPostgres() ? 25 : 8));
/** Told at every run, so that a failure can be repeated by setting `CLOUDSTAGE_TEST_SEED`. */
const seed = Number(process.env.CLOUDSTAGE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

describe('any sequence of calls, reports, losses, restarts and jumps of the clock', () => {
  it('keeps what was promised, owns no slot twice and leaks none', { timeout: 300_000 }, async () => {
    process.stdout.write(`model test: CLOUDSTAGE_TEST_SEED=${seed}\n`);
    let steps = 0;
    const property = fc.asyncProperty(modelCommands, async (commands) => {
      await resetDatabase(database);
      const world = await createModelWorld(database, { nodeIds: modelNodes, slots: 2 });
      try {
        const reference = createReference(world, modelUsers, modelNodes);
        for (const command of commands) {
          await reference.run(command);
          steps += 1;
        }
        await reference.finish();
      } finally {
        await world.stop();
      }
    });
    await fc.assert(property, { numRuns, seed });
    expect(steps).toBeGreaterThan(numRuns);
  });
});
