import { describe, expect, it } from 'vitest';
import { createTestDatabase, onPostgres } from '../testing/database.testkit.js';
import { collectQueryPlans } from '../testing/query-plans.testkit.js';

/** Reading one of these from end to end takes the longer, the more nodes and sessions there are. */
const bigTables = ['slots', 'sessions', 'concurrencies', 'render_nodes'];

describe.runIf(onPostgres())('hot statements with 10,000 nodes', () => {
  it('read no big table from end to end', { timeout: 240_000 }, async () => {
    const made = await createTestDatabase();
    try {
      const plans = await collectQueryPlans(made.url);
      expect(plans.length).toBeGreaterThan(10);
      const scanned = new RegExp(`Seq Scan on (${bigTables.join('|')})\\b`);
      const slow = plans.filter(({ plan }) => plan.some((line) => scanned.test(line)));
      expect(slow).toEqual([]);
    } finally {
      await made.drop();
    }
  });
});
