import { describe, expect, it } from 'vitest';
import { createTestDatabase, onPostgres } from '../testing/database.testkit.js';
import { findPlanProblem } from '../testing/plan-rules.testkit.js';
import { collectQueryPlans } from '../testing/query-plans.testkit.js';

describe.runIf(onPostgres())('hot statements with 10,000 nodes', () => {
  it('read no big table from end to end, and look at few rows', { timeout: 240_000 }, async () => {
    const made = await createTestDatabase();
    try {
      const plans = await collectQueryPlans(made.url);
      // Were the server not to tell of them, there would be nothing to find.
      expect(plans.filter((plan) => plan.useCase === 'Sweep').length).toBeGreaterThan(10);
      expect(plans.some(({ plan }) => plan.some((line) => line.includes('using slots_idle')))).toBe(true);
      const problems = plans.flatMap((plan) => {
        const problem = findPlanProblem(plan);
        return problem === null ? [] : [{ problem, ...plan }];
      });
      expect(problems).toEqual([]);
    } finally {
      await made.drop();
    }
  });
});

describe('the rules for plans', () => {
  const check = (...plan: string[]) => findPlanProblem({ useCase: '', statement: 'SELECT 1', nested: false, plan });

  it('find a table that is read from end to end, and rows that are looked at in vain', () => {
    expect(check('Seq Scan on sessions s (actual rows=1 loops=1)')).toMatch('end to end');
    expect(check('->  Seq Scan on slots (never executed)')).toMatch('end to end');
    expect(check('Index Scan using a on sessions (actual rows=2 loops=400)')).toMatch('800 rows');
    const filtered = ['Index Scan using a on sessions (actual rows=0 loops=1)', '  Rows Removed by Filter: 5000'];
    expect(check(...filtered)).toMatch('5000 rows');
    expect(check('Index Scan using a on sessions (actual rows=51 loops=1)', '  Index Cond: (id = $1)')).toBeNull();
  });
});
