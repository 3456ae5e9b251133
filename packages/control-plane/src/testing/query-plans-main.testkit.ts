import { writeFile } from 'node:fs/promises';
import { createPostgresDatabase, startPostgres } from './postgres-cluster.testkit.js';
import { collectQueryPlans, type QueryPlan } from './query-plans.testkit.js';

/** `npm run docs:plans`: writes the query plans of the hot statements into the page that is given. */
const [page] = process.argv.slice(2);
if (page === undefined) throw new Error('usage: query-plans-main <page>');

function format(plans: readonly QueryPlan[]): string {
  const useCases = [...new Set(plans.map((plan) => plan.useCase))];
  const sections = useCases.map((useCase) => {
    const statements = plans.filter((plan) => plan.useCase === useCase && !plan.nested);
    const blocks = statements.map(({ statement, plan }) => {
      return `\`\`\`sql\n${statement}\n\`\`\`\n\n\`\`\`\n${plan.join('\n')}\n\`\`\`\n`;
    });
    return `## ${useCase}\n\n${blocks.join('\n')}`;
  });
  return `# Query plans

Made by \`npm run docs:plans\`; do not edit. Every statement that the hot use cases send, as PostgreSQL has carried it out with 10,000 nodes of four slots,
10,000 live sessions, 50,000 past ones and 5,000 accounts. These are the plans that are kept for prepared statements (\`plan_cache_mode = force_generic_plan\`),
told by \`auto_explain\` when each statement ran for the first time; a statement is listed once, where it comes first.

A test (\`db/query-plans.integration.test.ts\`) makes the same plans and fails when one reads a big table from end to end, or looks at more than 600 rows in one step;
checks of references and cascades, which are not listed here, included. What may do so, and why, is in \`testing/plan-rules.testkit.ts\`: counts of slots, whose cost
is what they count, and lists of live sessions.

${sections.join('\n')}`;
}

const server = await startPostgres();
try {
  const { url } = await createPostgresDatabase(server.url, 'plans');
  await writeFile(page, format(await collectQueryPlans(url)));
} finally {
  await server.close();
}
