import { AppError } from '@cloudstage/protocol';
import { insertVersion, listVersions, updateVersion } from '../../db/application-versions.js';
import { lockApplication } from '../../db/applications.js';
import type { ApplicationVersionRow } from '../../db/schema.js';
import { isKeptVersion, transitionVersion } from '../../domain/version-state.js';
import { checkProgram } from '../../storage/program-path.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { attemptIngest } from './ingest-attempt.js';
import type { IngestWorker } from './ingest-worker.js';
import { applicationLimits } from './limits.js';
import { versionNameOf } from './package-names.js';

/** A package on this machine's disk. */
export interface CreateVersionInput {
  readonly applicationId: string;
  readonly archivePath: string;
  /** Name under which the customer knows the file. */
  readonly archiveName: string;
}

/**
 * Unpacks a package into the object store and makes a version of it; earlier versions that failed make room.
 * @throws AppError `application-not-found`, `version-limit`, `entry-not-found`, `entry-not-program`, and everything that ingest throws. The
 * version is then kept as failed, with the reason.
 */
export type CreateApplicationVersion = (input: CreateVersionInput) => Promise<ApplicationVersionRow>;

/** Creates the use case. */
export function createCreateApplicationVersion(deps: ServiceDeps, worker: IngestWorker): CreateApplicationVersion {
  return async (input) => {
    const version = await begin(deps, input, worker.context.owner);
    const result = await attemptIngest(
      worker.context,
      version,
      async () => ({ archivePath: input.archivePath, release: async () => undefined }),
      (application, stored) => {
        if (application.entryPath !== null) checkProgram(application.entryPath, stored);
      },
    );
    if (result.type === 'ingested') return result.version;
    if (result.type === 'failed') throw result.error;
    throw new AppError('ingest-aborted', `version ${version.id} was given up while its package was unpacked`);
  };
}

async function begin(deps: ServiceDeps, input: CreateVersionInput, owner: string): Promise<ApplicationVersionRow> {
  const { maxVersions, ingestLeaseMs } = deps.settings.applications;
  return deps.database.transaction(async (tx) => {
    const application = await lockApplication(tx, input.applicationId);
    if (application === null || application.state !== 'active') {
      throw new AppError('application-not-found', `there is no application ${input.applicationId}`);
    }
    const versions = await listVersions(tx, application.id);
    for (const failed of versions.filter(({ state }) => state === 'create-failed')) {
      const state = transitionVersion(failed.state, 'delete') ?? failed.state;
      await updateVersion(tx, failed.id, { state, leaseUntil: deps.now() });
    }
    const kept = versions.filter(({ state }) => isKeptVersion(state) && state !== 'create-failed');
    if (kept.length >= maxVersions) {
      throw new AppError('version-limit', `an application has at most ${maxVersions} versions`);
    }
    return insertVersion(tx, {
      id: createId('ver'),
      applicationId: application.id,
      state: 'creating',
      fileName: input.archiveName,
      name: versionNameOf(input.archiveName),
      // This process holds the file, so no other one could do the work: the last attempt, and the only one.
      attempts: applicationLimits.maxIngestAttempts,
      leaseOwner: owner,
      leaseUntil: deps.now() + ingestLeaseMs,
      createdAt: deps.now(),
    });
  });
}
