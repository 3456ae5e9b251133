import type { Ingest } from '../../storage/ingest.js';
import type { ServiceDeps } from '../deps.js';
import type { Prefetch } from '../nodes/prefetch.js';
import { createModifyBaseInfo, createRenameMobileApplication } from './base-info.js';
import type { ApplicationServices } from './contract.js';
import {
  type CreateApplication,
  createCreateApplication,
  createCreateApplicationRecord,
  createFindApplication,
  type FindApplication,
} from './create-application.js';
import { type CreateApplicationVersion, createCreateApplicationVersion } from './create-application-version.js';
import { createDeleteApplication, createDeleteVersion } from './delete-application.js';
import {
  createCheckPackageFiles,
  createDescribeApplicationStatus,
  createListApplications,
  createListApplicationVersions,
  createListPrograms,
  createRenameVersion,
} from './describe-applications.js';
import { createIngestWorker } from './ingest-worker.js';
import { createLoadPackageIndex, type LoadManifest } from './package-index.js';
import type { PackageSource } from './package-source.js';
import {
  createHasOnlineVersion,
  createPublishVersion,
  createSetVersionOnline,
  type HasOnlineVersion,
  type SetVersionOnline,
} from './publish-version.js';
import { createCreateSnapshot, createIssueUploadCredential } from './snapshot.js';
import { createSweepApplications, type SweepApplications } from './sweep-applications.js';
import { createCreateUploadVersion } from './upload-version.js';

/** Where packages come from, and what reads and writes them. */
export interface PackageParts {
  readonly ingest: Ingest;
  readonly source: PackageSource;
  readonly loadManifest: LoadManifest;
}

/** Use cases of applications besides those of the API: for operators, the sweeper and the end of the process. */
export interface AllApplicationServices extends ApplicationServices {
  readonly createApplication: CreateApplication;
  readonly findApplication: FindApplication;
  readonly createApplicationVersion: CreateApplicationVersion;
  readonly setVersionOnline: SetVersionOnline;
  readonly hasOnlineVersion: HasOnlineVersion;
  readonly sweepApplications: SweepApplications;
  /** Stops unpacking; what is under way is begun anew by the next process. */
  readonly stopIngests: () => void;
}

/** Builds the use cases of applications. */
export function createApplicationServices(
  deps: ServiceDeps,
  { ingest, source, loadManifest }: PackageParts,
  prefetch: Prefetch,
): AllApplicationServices {
  const worker = createIngestWorker(deps, { ingest, source, prefetch });
  const loadIndex = createLoadPackageIndex(loadManifest);
  return {
    createApplicationRecord: createCreateApplicationRecord(deps),
    createUploadVersion: createCreateUploadVersion(deps),
    issueUploadCredential: createIssueUploadCredential(deps, source),
    createSnapshot: createCreateSnapshot(deps, source, worker),
    deleteApplication: createDeleteApplication(deps),
    deleteVersion: createDeleteVersion(deps),
    publishVersion: createPublishVersion(deps, prefetch, loadIndex),
    renameVersion: createRenameVersion(deps),
    modifyBaseInfo: createModifyBaseInfo(deps, prefetch, loadIndex),
    renameMobileApplication: createRenameMobileApplication(deps),
    listApplications: createListApplications(deps),
    describeApplicationStatus: createDescribeApplicationStatus(deps),
    listApplicationVersions: createListApplicationVersions(deps),
    listPrograms: createListPrograms(deps, loadIndex),
    checkPackageFiles: createCheckPackageFiles(deps, loadIndex),
    createApplication: createCreateApplication(deps),
    findApplication: createFindApplication(deps),
    createApplicationVersion: createCreateApplicationVersion(deps, worker),
    setVersionOnline: createSetVersionOnline(deps, prefetch),
    hasOnlineVersion: createHasOnlineVersion(deps),
    sweepApplications: createSweepApplications(deps, source, worker),
    stopIngests: worker.close,
  };
}
