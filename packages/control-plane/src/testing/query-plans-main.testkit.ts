import { writeFile } from 'node:fs/promises';
import { createPostgresDatabase, startPostgres } from './postgres-cluster.testkit.js';
import { collectQueryPlans, type QueryPlan } from './query-plans.testkit.js';

/** `npm run docs:plans`: writes the query plans of the hot statements into the page that is given. */
const [page] = process.argv.slice(2);
if (page === undefined) throw new Error('usage: query-plans-main <page>');

function format(plans: readonly QueryPlan[]): string {
  const useCases = [...new Set(plans.map((plan) => plan.useCase))];
  const sections = useCases.map((useCase) => {
    const statements = plans.filter((plan) => plan.useCase === useCase);
    const blocks = statements.map(({ statement, plan }) => {
      const text = statement.replace(/\s+/g, ' ').trim();
      return `\`\`\`sql\n${text}\n\`\`\`\n\n\`\`\`\n${plan.join('\n')}\n\`\`\`\n`;
    });
    return `## ${useCase}\n\n${blocks.join('\n')}`;
  });
  return `# Query plans

Made by \`npm run docs:plans\`; do not edit. Every statement that the hot use cases send, as PostgreSQL carries it out with 10,000 nodes of four slots,
10,000 live sessions and 50,000 past ones: the plan that is kept for a prepared statement (\`plan_cache_mode = force_generic_plan\`). Statements are listed where they
are sent for the first time. A test (\`db/query-plans.integration.test.ts\`) fails when one of them reads slots, sessions, seats or nodes from end to end.

${sections.join('\n')}`;
}

const server = await startPostgres();
try {
  const { url } = await createPostgresDatabase(server.url, 'plans');
  await writeFile(page, format(await collectQueryPlans(url)));
} finally {
  await server.close();
}
