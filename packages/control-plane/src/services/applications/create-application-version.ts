import { AppError, isAppError } from '@cloudstage/protocol';
import {
  failUnfinishedVersions,
  findVersion,
  insertVersion,
  listVersions,
  lockApplication,
  updateVersion,
} from '../../db/applications.js';
import type { ApplicationVersionRow } from '../../db/schema.js';
import { transitionVersion } from '../../domain/version-state.js';
import type { Ingest } from '../../storage/ingest.js';
import { checkProgram } from '../../storage/program-path.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { serviceLimits } from '../limits.js';
import type { Prefetch } from '../nodes/prefetch.js';

/** A package on this machine's disk. */
export interface CreateVersionInput {
  readonly applicationId: string;
  readonly archivePath: string;
  /** Name under which the customer knows the file. */
  readonly archiveName: string;
}

/**
 * Unpacks a package into the object store and makes a version of it.
 * @throws AppError `application-not-found`, `version-limit`, `entry-not-found`, `entry-not-program`, and everything that ingest throws. The
 * version is then kept as failed, with the reason.
 */
export type CreateApplicationVersion = (input: CreateVersionInput) => Promise<ApplicationVersionRow>;

/** Puts a version online, the former one becomes usable. Throws AppError `version-not-found`, `version-not-ready`. */
export type SetVersionOnline = (versionId: string) => Promise<void>;

/** True when the application has a version that sessions run. */
export type HasOnlineVersion = (applicationId: string) => Promise<boolean>;

/** Creates the look-up. */
export function createHasOnlineVersion(deps: ServiceDeps): HasOnlineVersion {
  return async (applicationId) =>
    (await listVersions(deps.database.executor, applicationId)).some((version) => version.state === 'in-use');
}

/** Creates the use case. */
export function createCreateApplicationVersion(deps: ServiceDeps, ingest: Ingest): CreateApplicationVersion {
  return async (input) => {
    const { application, version } = await begin(deps, input);
    try {
      const stored = await ingest({ archivePath: input.archivePath });
      checkProgram(application.entryPath, stored);
      const patch = {
        state: transitionVersion(version.state, 'ingested') ?? version.state,
        manifestSha256: stored.manifestSha256,
        totalBytes: stored.manifest.totalBytes,
      };
      await updateVersion(deps.database.executor, version.id, patch);
      return { ...version, ...patch };
    } catch (error) {
      const state = transitionVersion(version.state, 'ingest-failed') ?? version.state;
      const failure = isAppError(error) ? `${error.code}: ${error.message}` : 'internal error';
      await updateVersion(deps.database.executor, version.id, { state, failure });
      throw error;
    }
  };
}

async function begin(deps: ServiceDeps, input: CreateVersionInput) {
  return deps.database.transaction(async (tx) => {
    const application = await lockApplication(tx, input.applicationId);
    if (application === null) {
      throw new AppError('application-not-found', `there is no application ${input.applicationId}`);
    }
    const versions = await listVersions(tx, application.id);
    if (versions.filter((version) => version.state !== 'create-failed').length >= serviceLimits.maxVersions) {
      throw new AppError('version-limit', `an application has at most ${serviceLimits.maxVersions} versions`);
    }
    const version: ApplicationVersionRow = {
      id: createId('ver'),
      applicationId: application.id,
      state: 'creating',
      fileName: input.archiveName,
      manifestSha256: null,
      totalBytes: null,
      failure: null,
      createdAt: deps.now(),
    };
    await insertVersion(tx, version);
    return { application, version };
  });
}

/** Creates the use case. */
export function createSetVersionOnline(deps: ServiceDeps, prefetch: Prefetch): SetVersionOnline {
  return async (versionId) => {
    const manifest = await deps.database.transaction(async (tx) => {
      const found = await findVersion(tx, versionId);
      if (found === null) throw new AppError('version-not-found', `there is no version ${versionId}`);
      await lockApplication(tx, found.applicationId);
      const versions = await listVersions(tx, found.applicationId);
      const version = versions.find((candidate) => candidate.id === versionId);
      const state = version === undefined ? null : transitionVersion(version.state, 'set-online');
      if (version === undefined || state === null) {
        throw new AppError('version-not-ready', `version ${versionId} is ${version?.state ?? 'gone'}`);
      }
      for (const other of versions.filter((candidate) => candidate.id !== versionId)) {
        const next = transitionVersion(other.state, 'other-set-online');
        if (next !== null && next !== other.state) await updateVersion(tx, other.id, { state: next });
      }
      await updateVersion(tx, versionId, { state });
      return version.manifestSha256;
    });
    if (manifest !== null) prefetch.toAllNodes(manifest);
  };
}

/** At the start of the only control plane: an ingest that a crash cut off will never finish. */
export async function failInterruptedVersions(deps: ServiceDeps): Promise<void> {
  const failed = await failUnfinishedVersions(deps.database.executor, 'interrupted: the control plane was stopped');
  if (failed > 0) deps.logger.warn({ failed }, 'versions whose upload was interrupted have failed');
}
