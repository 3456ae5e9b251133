import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-cluster.testkit.js';

/**
 * Global set-up of the test project `postgres`: starts a server for its files, unless `CLOUDSTAGE_TEST_DATABASE_URL` names one
 * already.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  if (process.env.CLOUDSTAGE_TEST_DATABASE_URL !== undefined) return async () => undefined;
  const cluster = await startPostgres();
  project.config.env = { ...project.config.env, CLOUDSTAGE_TEST_DATABASE_URL: cluster.url };
  return cluster.close;
}
