import { isAppError } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { openTestDatabase, resetDatabase } from '../../testing/database.testkit.js';
import { createHarness, type Harness, until } from '../../testing/harness.testkit.js';
import { createAuditTrail } from './audit-trail.js';
import type { AuditEvent, AuditQuery } from './contract.js';

let database: Database;
let harness: Harness;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  harness = await createHarness(database);
});
afterEach(() => harness.stop());

const eventOf = (patch: Partial<AuditEvent> = {}): AuditEvent => ({
  at: harness.now(),
  actor: 'api',
  accountId: 'acc-1',
  secretId: 'AKID1',
  action: 'DestroySession',
  requestId: 'r1',
  sourceAddress: '192.0.2.1',
  targets: ['u1'],
  parameters: { UserId: 'u1' },
  ...patch,
});
const ok = { outcome: 'ok', durationMs: 3 };
const query = async (filter: AuditQuery = {}) => (await harness.services.queryAuditLog(filter)).entries;

describe('the trail', () => {
  it('stores entries by itself, soon, and in one piece', async () => {
    harness.services.audit.record(eventOf(), { ...ok, targets: ['ses-1', 'u1'] });
    const [entry] = await until('the entry', async () => {
      const found = await query();
      return found.length > 0 && found;
    });
    expect(entry).toEqual({ ...eventOf(), id: expect.any(Number), targets: ['u1', 'ses-1'], ...ok });
    expect(harness.services.audit.stats).toEqual({ waiting: 0, lost: 0 });
  });

  it('stores a begun change at once, and its end later', async () => {
    const finish = await harness.services.audit.begin(eventOf());
    expect(await query({ outcome: 'unknown' })).toMatchObject([{ outcome: null, durationMs: null, targets: ['u1'] }]);
    finish({ outcome: 'FailedOperation', durationMs: 12.6, targets: ['app-1'] });
    await harness.services.audit.flush();
    expect(await query()).toMatchObject([{ outcome: 'FailedOperation', durationMs: 13, targets: ['u1', 'app-1'] }]);
    expect(await query({ outcome: 'unknown' })).toEqual([]);
  });

  it('takes texts that JSON in a database cannot hold', async () => {
    const odd = 'nul \0, half \ud83d pair, whole 😀, quote "\'\\';
    harness.services.audit.record(eventOf({ targets: [odd], parameters: { UserId: odd } }), ok);
    await harness.services.audit.begin(eventOf({ parameters: { UserId: odd } }));
    await harness.services.audit.flush();
    const stored = odd.replace('\0', '\uFFFD').replace('\ud83d ', '\uFFFD ');
    expect(await query()).toMatchObject([{ targets: [stored] }, { parameters: { UserId: stored } }]);
    expect(harness.services.audit.stats.lost).toBe(0);
  });

  it('keeps entries while the database is away, in a bounded queue, and says what it loses', async () => {
    let isAway = true;
    const flaky: Database = {
      ...database,
      transaction: (work) => (isAway ? Promise.reject(new Error('the database is away')) : database.transaction(work)),
    };
    const trail = createAuditTrail({ ...harness.deps, database: flaky });
    for (let count = 0; count < 10_001; count += 1) trail.record(eventOf({ requestId: `r${count}` }), ok);
    expect(trail.stats).toEqual({ waiting: 10_000, lost: 1 });
    const lost = harness.logLines.filter((line) => line.includes('audit entry could not be stored'));
    expect(lost).toHaveLength(1);
    expect(lost[0]).toContain('r10000');
    await until('an attempt', async () => harness.logLines.some((line) => line.includes('audit entries wait')));
    isAway = false;
    await trail.flush();
    expect(trail.stats).toEqual({ waiting: 0, lost: 1 });
    const page = await harness.services.queryAuditLog({ limit: 1_000 });
    expect(page.entries).toHaveLength(1_000);
    expect(await query({ requestId: 'r9999' })).toHaveLength(1);
  });

  it('gives up at the end when the database stays away, and leaves everything in the log', async () => {
    const dead: Database = { ...database, transaction: () => Promise.reject(new Error('the database is away')) };
    const trail = createAuditTrail({ ...harness.deps, database: dead });
    for (const requestId of ['r1', 'r2']) trail.record(eventOf({ requestId }), ok);
    await trail.flush();
    expect(trail.stats).toEqual({ waiting: 0, lost: 2 });
    expect(harness.logLines.filter((line) => line.includes('audit entry could not be stored'))).toHaveLength(2);
  });

  it('refuses to begin a change that it cannot store', async () => {
    const closed = createAuditTrail({
      ...harness.deps,
      database: {
        ...database,
        executor: { execute: () => Promise.reject(new Error('away')) } as unknown as Database['executor'],
      },
    });
    await expect(closed.begin(eventOf())).rejects.toThrow('away');
  });
});

describe('queries', () => {
  beforeEach(async () => {
    for (let index = 0; index < 25; index += 1) {
      harness.advance(index % 3 === 0 ? 10 : 0);
      harness.services.audit.record(
        eventOf({
          accountId: `acc-${index % 2}`,
          secretId: `AKID${index % 5}`,
          action: index % 3 === 0 ? 'CreateSession' : 'DestroySession',
          requestId: `r${index}`,
          targets: [`u${index % 7}`, 'cap-1'],
        }),
        { outcome: index % 4 === 0 ? 'InternalError' : 'ok', durationMs: index },
      );
    }
    await harness.services.audit.flush();
  });

  it('filter by everything, together', async () => {
    const all = await query();
    expect(all).toHaveLength(25);
    const filters: readonly [AuditQuery, (entry: (typeof all)[number]) => boolean][] = [
      [{ accountId: 'acc-1' }, (entry) => entry.accountId === 'acc-1'],
      [{ secretId: 'AKID3' }, (entry) => entry.secretId === 'AKID3'],
      [{ action: 'CreateSession' }, (entry) => entry.action === 'CreateSession'],
      [{ requestId: 'r7' }, (entry) => entry.requestId === 'r7'],
      [{ target: 'u3' }, (entry) => entry.targets.includes('u3')],
      [{ target: 'cap' }, () => false],
      [{ outcome: 'ok' }, (entry) => entry.outcome === 'ok'],
      [{ from: all[10]?.at }, (entry) => entry.at >= (all[10]?.at ?? 0)],
      [{ to: all[10]?.at }, (entry) => entry.at < (all[10]?.at ?? 0)],
      [{ accountId: 'acc-0', outcome: 'ok' }, (entry) => entry.accountId === 'acc-0' && entry.outcome === 'ok'],
    ];
    for (const [filter, keeps] of filters)
      expect(await query(filter), JSON.stringify(filter)).toEqual(all.filter(keeps));
  });

  it.each([1, 4, 25, 26])('page by page of %i, newest first, each entry once', async (limit) => {
    const all = await query();
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((a, b) => b - a));
    const seen: (typeof all)[number][] = [];
    let cursor: string | undefined;
    do {
      const page = await harness.services.queryAuditLog({ limit, cursor });
      expect(page.entries.length).toBeLessThanOrEqual(limit);
      seen.push(...page.entries);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(all);
  });

  it('are refused when they make no sense', async () => {
    for (const bad of [{ limit: 0 }, { limit: 1_001 }, { limit: 1.5 }, { cursor: 'x' }, { cursor: "1.1' OR 1=1" }]) {
      await expect(harness.services.queryAuditLog(bad)).rejects.toSatisfy((error) =>
        isAppError(error, 'audit-query-invalid'),
      );
    }
  });
});

it('forgets what is older than the retention', async () => {
  harness.services.audit.record(eventOf({ requestId: 'old' }), ok);
  harness.advance(1);
  harness.services.audit.record(eventOf({ requestId: 'young' }), ok);
  await harness.services.audit.flush();
  harness.advance(90 * 86_400_000);
  await harness.services.sweepAuditLog();
  expect((await query()).map(({ requestId }) => requestId)).toEqual(['young']);
});
