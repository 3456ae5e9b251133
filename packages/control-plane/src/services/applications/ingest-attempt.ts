import { AppError, isAppError } from '@cloudstage/protocol';
import { listVersions, updateVersion } from '../../db/application-versions.js';
import { lockApplication } from '../../db/applications.js';
import { lockHeldVersion, returnIngest } from '../../db/ingest-jobs.js';
import type { ApplicationRow, ApplicationVersionRow, Executor } from '../../db/schema.js';
import { isRunnableVersion, transitionVersion } from '../../domain/version-state.js';
import type { Ingest } from '../../storage/ingest.js';
import type { StoredPackage } from '../../storage/package-publish.js';
import { checkProgram } from '../../storage/program-path.js';
import type { ServiceDeps } from '../deps.js';
import type { Prefetch } from '../nodes/prefetch.js';
import { keepLease } from './ingest-lease.js';
import { applicationLimits } from './limits.js';
import type { OpenedPackage, PackageSource } from './package-source.js';
import { firstToPublish, type OnlineVersion, prefetchOnline, switchOnline } from './publish-version.js';

/** What an attempt needs besides the version. */
export interface AttemptDeps {
  readonly deps: ServiceDeps;
  readonly ingest: Ingest;
  readonly source: PackageSource;
  readonly prefetch: Prefetch;
  /** Name under which this process holds leases. */
  readonly owner: string;
  /** Aborts when the process is being closed. */
  readonly closing: AbortSignal;
}

/** Where the archive of an attempt comes from. */
export type OpenArchive = (
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
) => Promise<Pick<OpenedPackage, 'archivePath' | 'release'>>;

/** Result of one attempt. `gone`: the version was deleted, or another process works on it. */
export type AttemptResult =
  | { readonly type: 'ingested'; readonly version: ApplicationVersionRow; readonly stored: StoredPackage }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'gone' }
  /** To be made again later. */
  | { readonly type: 'returned' };

/** Share of fetching the archive in the progress, percent. */
const fetchPercent = 40;

/** Unpacks the package of a version that this process holds, and writes what came of it. */
export async function attemptIngest(
  context: AttemptDeps,
  version: ApplicationVersionRow,
  openArchive: OpenArchive,
  verify: (application: ApplicationRow, stored: StoredPackage) => void,
): Promise<AttemptResult> {
  const { deps, owner, closing } = context;
  const lease = keepLease(deps, { versionId: version.id, owner, closing });
  let stored: StoredPackage;
  try {
    stored = await unpack(context, version, openArchive, lease);
  } catch (error) {
    await lease.stop();
    return settleFailure(context, version, error, lease.signal);
  }
  await lease.stop();
  return settleSuccess(context, version, stored, verify);
}

async function unpack(
  context: AttemptDeps,
  version: ApplicationVersionRow,
  openArchive: OpenArchive,
  lease: ReturnType<typeof keepLease>,
): Promise<StoredPackage> {
  const { signal } = lease;
  // The process may have been told to close while it was claiming the version; an abort that has been tells nobody again.
  signal.throwIfAborted();
  const base = version.updateMode === 'INCREMENT' ? await findBase(context.deps, version) : null;
  const opened = await openArchive((fraction) => lease.report(fraction * fetchPercent), signal);
  try {
    return await context.ingest({
      archivePath: opened.archivePath,
      onProgress: (fraction) => lease.report(fetchPercent + fraction * (100 - fetchPercent)),
      signal,
      ...(base === null ? {} : { base }),
    });
  } finally {
    await opened.release();
  }
}

/** An incremental update is laid over what is online, else over the newest version. */
async function findBase(deps: ServiceDeps, version: ApplicationVersionRow): Promise<string> {
  const versions = await listVersions(deps.database.executor, version.applicationId);
  const runnable = versions.filter(({ state }) => isRunnableVersion(state));
  const base = runnable.find(({ state }) => state === 'in-use') ?? runnable[0];
  if (base?.manifestSha256 != null) return base.manifestSha256;
  const message = 'the version that this update is based on is no longer there; upload the complete package';
  throw new AppError('package-base-unavailable', message);
}

interface Settled {
  readonly result: AttemptResult;
  readonly online: OnlineVersion | null;
}

async function settleSuccess(
  context: AttemptDeps,
  version: ApplicationVersionRow,
  stored: StoredPackage,
  verify: (application: ApplicationRow, stored: StoredPackage) => void,
): Promise<AttemptResult> {
  const { deps, owner } = context;
  const settled = await deps.database.transaction(async (tx): Promise<Settled> => {
    const application = await lockApplication(tx, version.applicationId);
    const held = await lockHeldVersion(tx, version.id, owner);
    if (application === null || held === null) return { result: { type: 'gone' }, online: null };
    try {
      verify(application, stored);
    } catch (error) {
      await markFailed(tx, held, error);
      return { result: { type: 'failed', error }, online: null };
    }
    const state = transitionVersion(held.state, 'ingested') ?? held.state;
    const { manifestSha256, manifest } = stored;
    const patch = { state, manifestSha256, totalBytes: manifest.totalBytes, progressPercent: 100, sourceUrl: null };
    await updateVersion(tx, held.id, { ...patch, leaseOwner: null, leaseUntil: null });
    const online = await publishFirst(tx, application, stored);
    const ready = { ...held, ...patch, leaseOwner: null, leaseUntil: null };
    return { result: { type: 'ingested', version: online?.version ?? ready, stored }, online };
  });
  if (settled.online !== null) prefetchOnline(context.prefetch, settled.online);
  if (settled.result.type !== 'gone') await forgetUpload(context, version.id);
  return settled.result;
}

/** The base info came before the package: nothing is left to be done by hand. */
async function publishFirst(
  tx: Executor,
  application: ApplicationRow,
  stored: StoredPackage,
): Promise<OnlineVersion | null> {
  const versions = await listVersions(tx, application.id);
  const first = firstToPublish(versions);
  if (first === null || application.entryPath === null || application.state !== 'active') return null;
  try {
    checkProgram(application.entryPath, stored);
  } catch (error) {
    if (isAppError(error)) return null;
    throw error;
  }
  return switchOnline(tx, versions, first.id);
}

async function settleFailure(
  context: AttemptDeps,
  version: ApplicationVersionRow,
  error: unknown,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const { deps, owner, closing } = context;
  if (closing.aborted) {
    await returnIngest(deps.database.executor, version.id, { owner, at: null, uncounted: true });
    return { type: 'returned' };
  }
  // The error may be a library's own word for the abort; the reason says which it was.
  const reason: unknown = signal.aborted ? signal.reason : error;
  if (isAppError(reason, 'ingest-lost')) return { type: 'gone' };
  if (mayPass(reason) && version.attempts < applicationLimits.maxIngestAttempts) {
    deps.logger.warn({ err: reason, versionId: version.id }, 'a package could not be unpacked and is tried again');
    const at = deps.now() + applicationLimits.ingestRetryMs;
    const uncounted = isAppError(reason, 'ingest-busy');
    await returnIngest(deps.database.executor, version.id, { owner, at, uncounted });
    return { type: 'returned' };
  }
  return failHeldVersion(context, version, reason);
}

/** Failures that are not the package's: the store, the disk, the database. */
function mayPass(error: unknown): boolean {
  return !isAppError(error) || error.code === 'ingest-busy' || error.code.startsWith('object-store-');
}

/** Gives a version up that this process holds. */
export async function failHeldVersion(
  context: AttemptDeps,
  version: ApplicationVersionRow,
  error: unknown,
): Promise<AttemptResult> {
  const { deps, owner } = context;
  const result = await deps.database.transaction(async (tx): Promise<AttemptResult> => {
    const held = await lockHeldVersion(tx, version.id, owner);
    if (held === null) return { type: 'gone' };
    await markFailed(tx, held, error);
    return { type: 'failed', error };
  });
  // What is wrong with the package stays wrong; anything else may pass when the same upload is unpacked again.
  if (result.type === 'failed' && isAppError(error) && error.code.startsWith('package-')) {
    await forgetUpload(context, version.id);
  }
  return result;
}

async function markFailed(tx: Executor, version: ApplicationVersionRow, error: unknown): Promise<void> {
  const state = transitionVersion(version.state, 'ingest-failed') ?? version.state;
  const failure = isAppError(error) ? `${error.code}: ${error.message}` : 'internal error';
  await updateVersion(tx, version.id, { state, failure, sourceUrl: null, leaseOwner: null, leaseUntil: null });
}

/** Frees the disk; the sweep of uploads gets what stays behind. */
async function forgetUpload({ source, deps }: AttemptDeps, versionId: string): Promise<void> {
  try {
    await source.discard(versionId);
  } catch (error) {
    deps.logger.warn({ err: error, versionId }, 'an upload could not be removed');
  }
}
