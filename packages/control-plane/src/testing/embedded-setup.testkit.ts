import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../db/open.js';
import { createLogger } from '../observability/logger.js';

/**
 * Global set-up of test projects on the embedded database: makes one in a directory, with the present schema and nothing in it,
 * of which `createTestDatabase` makes copies. Making one takes seconds of processor time, a copy a fraction of one.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  if (process.env.CLOUDSTAGE_TEST_DATABASE_URL !== undefined) return async () => undefined;
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-prepared-'));
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    const path = join(dir, 'database');
    const database = await openDatabase(`pglite:${path}`, { logger: createLogger({ level: 'silent', name: 'test' }) });
    await database.close();
    project.config.env = { ...project.config.env, CLOUDSTAGE_TEST_PREPARED_DATABASE: path };
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}
