import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Actors, createActors } from '../../../testing/concurrency.testkit.js';
import { openTestDatabase, resetDatabase } from '../../../testing/database.testkit.js';
import { createHarness, type Harness } from '../../../testing/harness.testkit.js';
import { startNodeSimulator } from '../../../testing/node-simulator.testkit.js';
import { actionHandlers } from '../handlers.js';

let database: Harness['database'];
let h: Harness;
let a: Actors;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  h = await createHarness(database);
  await startNodeSimulator(h.uplink, { slots: 4 });
  a = createActors(h);
});
afterEach(() => h.stop());

describe('the listing', () => {
  const describePackages = (request: Parameters<(typeof actionHandlers)['DescribeConcurrentPackages']>[1]) =>
    actionHandlers.DescribeConcurrentPackages({ services: h.services, caller: h.caller }, request);

  it('pages, newest first, and filters by every name', async () => {
    const first = await a.grant({ name: 'first', amount: 1 });
    h.advance(1_000);
    const second = await a.grant({ name: 'second', type: 'S1', amount: 1 });
    h.advance(1_000);
    const third = await a.grant({ name: 'third', amount: 1, expiresAt: h.now() + 1 });
    h.advance(1_000);
    await a.bind([first.id]);
    const ids = async (filters: [string, ...string[]][], page = {}) => {
      const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
      const result = await describePackages({ Filters, ...page });
      if (result.type !== 'answered') return result.failure.error.code;
      return [result.response.Total, ...(result.response.ConcurrentPackages ?? []).map((entry) => entry.ConcurrentId)];
    };
    expect(await ids([])).toEqual([3, third.id, second.id, first.id]);
    expect(await ids([], { Offset: 1, Limit: 1 })).toEqual([3, second.id]);
    expect(await ids([['ConcurrentId', first.id, second.id]])).toEqual([2, second.id, first.id]);
    expect(await ids([['Name', 'third']])).toEqual([1, third.id]);
    expect(await ids([['ProjectId', h.projectId]])).toEqual([1, first.id]);
    expect(
      await ids([
        ['Type', 'S1'],
        ['Region', 'local'],
      ]),
    ).toEqual([1, second.id]);
    expect(await ids([['Status', 'Expired']])).toEqual([1, third.id]);
    expect(await ids([['Status', 'Normal', 'Draining']])).toEqual([2, second.id, first.id]);
    expect(await ids([['Status', 'Anything']])).toEqual([0]);
    expect(
      await ids([
        ['Name', 'first'],
        ['Name', 'second'],
      ]),
    ).toEqual([0]);
    expect(await ids([['Colour', 'blue']])).toBe('InvalidParameterValue');
  });

  it('tells everything about a package', async () => {
    const pack = await a.grant({ name: 'one', expiresAt: h.now() + 60_000 });
    await h.services.renamePackage(h.caller, { packageId: pack.id, name: 'two' });
    await a.bind([pack.id]);
    await a.reserved('u1');
    const result = await describePackages({});
    expect(result).toMatchObject({
      response: {
        ConcurrentPackages: [
          {
            ConcurrentId: pack.id,
            Name: 'two',
            Type: 'L1',
            Region: 'local',
            Amount: 2,
            Available: 2,
            Using: 1,
            Status: 'Normal',
            ProjectId: h.projectId,
            CreateTime: new Date(h.now()).toISOString(),
            ExpireTime: new Date(h.now() + 60_000).toISOString(),
          },
        ],
      },
    });
    const summary = await actionHandlers.DescribeConcurrentSummary({ services: h.services, caller: h.caller }, {});
    expect(summary).toMatchObject({ response: { PrepaidConcurrentTotal: 2, HourlyRemainDuration: '0h0m0s' } });
  });
});
