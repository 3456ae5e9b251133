import { sql } from 'drizzle-orm';
import { rows } from './rows.js';
import type { Executor } from './schema.js';

/** Manifests that any version names, whatever its state: their content must stay. */
export async function listLiveManifests(executor: Executor): Promise<readonly string[]> {
  const found = await rows<{ sha: string }>(
    executor,
    sql`SELECT DISTINCT manifest_sha256 AS sha FROM application_versions WHERE manifest_sha256 IS NOT NULL`,
  );
  return found.map((row) => row.sha);
}
