import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from './db/open.js';
import { lockDueSessions } from './db/sessions.js';
import { listSlots } from './db/slots.js';
import { createLogger } from './observability/logger.js';
import { createTestDatabase, onPostgres, openTestDatabase, resetDatabase } from './testing/database.testkit.js';
import { applyInput, createHarness, createInput, type Harness, until } from './testing/harness.testkit.js';
import { findViolations } from './testing/invariants.testkit.js';
import { type NodeSimulator, startNodeSimulator } from './testing/node-simulator.testkit.js';
import type { EmptyDatabase } from './testing/postgres-cluster.testkit.js';

/** Sessions whose deadlines come at the same moment. */
const sessions = 24;

// The embedded database belongs to one process.
describe.runIf(onPostgres())('two control planes on one database', () => {
  let made: EmptyDatabase;
  let databases: Database[];
  let first: Harness;
  let second: Harness;
  let node: NodeSimulator;

  beforeAll(async () => {
    made = await createTestDatabase();
    // Both start at the same time, on an empty database: one migrates, the other waits for it.
    databases = await Promise.all([openTestDatabase(made.url), openTestDatabase(made.url)]);
  });
  afterAll(async () => {
    for (const database of databases) await database.close();
    await made.drop();
  });
  beforeEach(async () => {
    await resetDatabase(databases[0]!);
    first = await createHarness(databases[0]!);
    // The node is linked to the first; what the second sends reaches it too, as over a network.
    second = await createHarness(databases[1]!, { wrapLink: () => first.deps.nodeLink });
    node = await startNodeSimulator(first.uplink, { slots: sessions });
  });
  afterEach(async () => {
    await first.stop();
    await second.stop();
  });

  const planes = () => [first, second] as const;
  const advance = (ms: number) => {
    for (const plane of planes()) plane.advance(ms);
  };
  const settle = async () => {
    for (const plane of planes()) await plane.settled();
  };
  const run = async (userId: string): Promise<string> => {
    await second.services.applyConcurrent(second.caller, applyInput(second, userId));
    const outcome = await first.services.createSession(first.caller, createInput(userId));
    if (outcome.type !== 'created') throw new Error(outcome.type);
    await node.clientConnected(outcome.sessionId, true);
    return outcome.sessionId;
  };
  const sweepBoth = () => Promise.all([...planes(), ...planes()].map((plane) => plane.services.sweep()));

  it('see the same accounts, projects and sessions', async () => {
    expect([second.projectId, second.applicationId]).toEqual([first.projectId, first.applicationId]);
    const reserved = await first.services.applyConcurrent(first.caller, applyInput(first, 'u1'));
    expect(await second.services.applyConcurrent(second.caller, applyInput(second, 'u1'))).toEqual(reserved);
    expect(await second.services.destroySession(second.caller, { userId: 'u1' })).toEqual({ type: 'destroyed' });
    expect(await first.services.listSessions()).toEqual([]);
  });

  it('give no slot twice to users who come to both', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 3 * sessions }, (_, index) => {
        const plane = planes()[index % 2]!;
        return plane.services.applyConcurrent(plane.caller, applyInput(plane, `u${index}`));
      }),
    );
    expect(outcomes.filter((outcome) => outcome.type === 'reserved')).toHaveLength(sessions);
    expect(await findViolations(first.database)).toEqual([]);
  });

  it('end each session whose client stays away once, with one command to the node', async () => {
    const ids: string[] = [];
    for (let index = 0; index < sessions; index += 1) ids.push(await run(`u${index}`));
    for (const id of ids) await node.clientConnected(id, false);
    advance(120_000);
    await node.sendStatus();
    await sweepBoth();
    await settle();
    expect(node.ended.map((end) => end.sessionId).sort()).toEqual([...ids].sort());
    await until('idle slots', async () =>
      (await listSlots(first.database.executor)).every((slot) => slot.state === 'idle'),
    );
    const all = await first.services.listSessions({ includeEnded: true });
    expect(all.map((session) => session.endReason)).toEqual(ids.map(() => 'grace-over'));
  });

  it('skip what the other holds instead of waiting for it', async () => {
    for (let index = 0; index < 4; index += 1) {
      await first.services.applyConcurrent(first.caller, applyInput(first, `u${index}`));
    }
    advance(60_000);
    await node.sendStatus();
    await first.database.transaction(async (tx) => {
      expect(await lockDueSessions(tx, first.now())).toHaveLength(4);
      // Were it to wait, the statement would run into its time limit and throw.
      await second.services.sweep();
      expect(await second.services.listSessions()).toHaveLength(4);
    });
    await second.services.sweep();
    expect(await first.services.listSessions()).toEqual([]);
  });

  it('find a silent node once', async () => {
    const ids = [await run('u1'), await run('u2')];
    advance(30_001);
    await sweepBoth();
    const lost = planes().flatMap((plane) => plane.logLines.filter((line) => line.includes('node is silent')));
    expect(lost).toHaveLength(1);
    const all = await second.services.listSessions({ includeEnded: true });
    expect(all.map((session) => [session.sessionId, session.endReason]).sort()).toEqual(
      ids.map((id) => [id, 'node-lost']).sort(),
    );
  });

  it('go on when one of them is gone', async () => {
    const sessionId = await run('u1');
    await second.stop();
    await node.clientConnected(sessionId, false);
    advance(120_000);
    await node.sendStatus();
    await first.services.sweep();
    await first.settled();
    expect(node.ended).toEqual([{ sessionId, reason: 'grace-over' }]);
  });

  it('go on when the server drops all their connections, again and again', async () => {
    const drop = sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    const observer = await openTestDatabase(made.url);
    let failed = 0;
    for (let round = 0; round < 10; round += 1) {
      const calls = Array.from({ length: 2 * sessions }, async (_, index) => {
        const plane = planes()[index % 2]!;
        const userId = `u${index % sessions}`;
        await plane.services.applyConcurrent(plane.caller, applyInput(plane, userId));
        await plane.services.createSession(plane.caller, createInput(userId));
        await plane.services.destroySession(plane.caller, { userId });
      });
      const [results] = await Promise.all([Promise.allSettled(calls), observer.executor.execute(drop)]);
      failed += results.filter((result) => result.status === 'rejected').length;
      expect(await findViolations(observer)).toEqual([]);
    }
    // Were no call hit, nothing would have been tried.
    expect(failed).toBeGreaterThan(0);
    for (let index = 0; index < sessions; index += 1) {
      await until('the calls to succeed again', () =>
        first.services.destroySession(first.caller, { userId: `u${index}` }).catch(() => null),
      );
    }
    await until('idle slots', async () => {
      advance(5_000);
      await node.sendStatus();
      await sweepBoth();
      await settle();
      return (await listSlots(observer.executor)).every((slot) => slot.state === 'idle');
    });
    expect(await first.services.listSessions()).toEqual([]);
    await observer.close();
  });

  it('start at the same time on an empty database', async () => {
    const empty = await createTestDatabase();
    try {
      const logger = createLogger({ level: 'silent', name: 'test' });
      const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(empty.url, { logger })));
      for (const database of opened) await database.close();
    } finally {
      await empty.drop();
    }
  });
});
