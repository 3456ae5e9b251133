import { lockSweepableVersions, updateVersion } from '../../db/application-versions.js';
import { finishDeletedApplications } from '../../db/applications.js';
import { transitionVersion } from '../../domain/version-state.js';
import type { ServiceDeps } from '../deps.js';
import type { IngestWorker } from './ingest-worker.js';
import type { PackageSource } from './package-source.js';

/** Goes on with what rows demand: packages to be unpacked, versions to be deleted. */
export type SweepApplications = () => Promise<void>;

/**
 * Creates the use case. A deleted version stays as a row without a package, since the history of sessions names it; the
 * package itself goes with the store's own sweep when no version names it any more.
 */
export function createSweepApplications(
  deps: ServiceDeps,
  source: PackageSource,
  worker: IngestWorker,
): SweepApplications {
  return async () => {
    worker.wake();
    const swept = await deps.database.transaction(async (tx) => {
      const versions = await lockSweepableVersions(tx, deps.now());
      for (const { id, state } of versions) {
        await updateVersion(tx, id, {
          state: transitionVersion(state, 'swept') ?? state,
          manifestSha256: null,
          leaseUntil: null,
        });
      }
      await finishDeletedApplications(tx);
      return versions;
    });
    for (const { id } of swept) {
      deps.background.run('upload.discard', () => source.discard(id));
    }
  };
}
