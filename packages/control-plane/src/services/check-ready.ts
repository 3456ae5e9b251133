import { latestSchemaVersion, readSchemaVersion } from '../db/migrate.js';
import type { Services } from './contract.js';
import type { ServiceDeps } from './deps.js';

/** Use case "may traffic come here": the database answers and has this program's schema. */
export function createCheckReady(deps: ServiceDeps): Services['checkReady'] {
  return async () => {
    try {
      const version = await readSchemaVersion(deps.database.executor);
      if (version === latestSchemaVersion) return { ready: true, reason: '' };
      return { ready: false, reason: `the database has schema ${version}, this program needs ${latestSchemaVersion}` };
    } catch {
      // The answer is the report: a probe that logs would fill the log while the database is down.
      return { ready: false, reason: 'the database does not answer' };
    }
  };
}
