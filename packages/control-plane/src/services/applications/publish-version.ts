import { AppError } from '@cloudstage/protocol';
import { findVersion, listVersions, updateVersion } from '../../db/application-versions.js';
import { lockApplication } from '../../db/applications.js';
import type { ApplicationRow, ApplicationVersionRow, Executor } from '../../db/schema.js';
import { isRunnableVersion, transitionVersion } from '../../domain/version-state.js';
import type { Caller } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import type { Prefetch } from '../nodes/prefetch.js';
import { accessApplication, accessForChange } from './access.js';
import type { ApplicationServices } from './contract.js';
import type { LoadPackageIndex } from './package-index.js';
import { explainProgram } from './program-check.js';

/** Puts a version online, the former one becomes usable. Throws AppError `version-not-found`, `version-not-ready`. */
export type SetVersionOnline = (versionId: string) => Promise<void>;

/** True when the application has a version that sessions run. */
export type HasOnlineVersion = (applicationId: string) => Promise<boolean>;

/** Creates the look-up. */
export function createHasOnlineVersion(deps: ServiceDeps): HasOnlineVersion {
  return async (applicationId) =>
    (await listVersions(deps.database.executor, applicationId)).some((version) => version.state === 'in-use');
}

/** A version that is online. `isNew`: it was not before. */
export interface OnlineVersion {
  readonly version: ApplicationVersionRow;
  readonly isNew: boolean;
}

/** Puts one of the versions online and takes the others off. Null when its state does not allow it. */
export async function switchOnline(
  tx: Executor,
  versions: readonly ApplicationVersionRow[],
  versionId: string,
): Promise<OnlineVersion | null> {
  const version = versions.find((candidate) => candidate.id === versionId);
  const state = version === undefined ? null : transitionVersion(version.state, 'set-online');
  if (version === undefined || state === null) return null;
  for (const other of versions.filter((candidate) => candidate.id !== versionId)) {
    const next = transitionVersion(other.state, 'other-set-online');
    if (next !== null && next !== other.state) await updateVersion(tx, other.id, { state: next });
  }
  await updateVersion(tx, versionId, { state });
  return { version: { ...version, state }, isNew: version.state !== state };
}

/**
 * The version that goes online by itself: the first one of an application, as soon as its program is chosen. Null when there
 * is none.
 */
export function firstToPublish(versions: readonly ApplicationVersionRow[]): ApplicationVersionRow | null {
  const runnable = versions.filter((version) => isRunnableVersion(version.state));
  const [only] = runnable;
  return runnable.length === 1 && only?.state === 'normal' ? only : null;
}

/** Has nodes fetch what went online. */
export function prefetchOnline(prefetch: Prefetch, { version, isNew }: OnlineVersion): void {
  if (!isNew || version.manifestSha256 === null) return;
  prefetch.toAllNodes({ manifestSha256: version.manifestSha256, regions: version.regions });
}

/** Creates the operator's use case. */
export function createSetVersionOnline(deps: ServiceDeps, prefetch: Prefetch): SetVersionOnline {
  return async (versionId) => {
    const online = await deps.database.transaction(async (tx) => {
      const found = await findVersion(tx, versionId);
      if (found === null) throw new AppError('version-not-found', `there is no version ${versionId}`);
      await lockApplication(tx, found.applicationId);
      const versions = await listVersions(tx, found.applicationId);
      const switched = await switchOnline(tx, versions, versionId);
      if (switched !== null) return switched;
      const state = versions.find(({ id }) => id === versionId)?.state ?? 'gone';
      throw new AppError('version-not-ready', `version ${versionId} is ${state}`);
    });
    prefetchOnline(prefetch, online);
  };
}

/** Creates the use case of the API. */
export function createPublishVersion(
  deps: ServiceDeps,
  prefetch: Prefetch,
  loadIndex: LoadPackageIndex,
): ApplicationServices['publishVersion'] {
  return async (caller, { applicationId, versionId }) => {
    const denial = await explainUnfit(deps, loadIndex, { caller, applicationId, versionId });
    const outcome = await deps.database.transaction(async (tx) => {
      const access = await accessForChange(tx, caller, applicationId);
      if (access.type !== 'granted') return access;
      const versions = await listVersions(tx, applicationId);
      const version = versions.find(({ id }) => id === versionId);
      if (version === undefined) return { type: 'version-not-found' as const };
      const message = denial(access.application, version);
      if (message !== null) return { type: 'denied' as const, message };
      const online = await switchOnline(tx, versions, versionId);
      if (online === null) return { type: 'denied' as const, message: `the version is ${version.state}` };
      return { type: 'published' as const, online, versions: await listVersions(tx, applicationId) };
    });
    if (outcome.type !== 'published') return outcome;
    prefetchOnline(prefetch, outcome.online);
    return { type: 'published', versions: outcome.versions };
  };
}

type Explain = (application: ApplicationRow, version: ApplicationVersionRow) => string | null;

/**
 * Reads the package before the transaction, since a store may be slow, and judges with it inside. A version's package never
 * changes.
 */
async function explainUnfit(
  deps: ServiceDeps,
  loadIndex: LoadPackageIndex,
  key: { readonly caller: Caller; readonly applicationId: string; readonly versionId: string },
): Promise<Explain> {
  const { executor } = deps.database;
  const access = await accessApplication(executor, key.caller, key.applicationId);
  const before = access.type === 'granted' ? await findVersion(executor, key.versionId) : null;
  const isOwn = before?.applicationId === key.applicationId && isRunnableVersion(before.state);
  const manifest = isOwn ? before.manifestSha256 : null;
  const index = manifest === null ? null : await loadIndex(manifest);
  return (application, version) => {
    if (!isRunnableVersion(version.state)) return `the version is ${version.state}`;
    if (index === null) return 'the version has only just become ready; try again';
    if (application.entryPath === null) return 'no program is chosen; call ModifyApplicationBaseInfo first';
    return explainProgram(index, application.entryPath);
  };
}
