import { assertNever } from '@cloudstage/protocol';

/**
 * Life of an application version:
 *
 * ```
 * uploading ─snapshot─► creating ─► normal ─set-online─► in-use ⇄ usable
 *                          │ ▲
 *                          ▼ │ snapshot (again)
 *                     create-failed            any but in-use ─delete─► deleting ─► deleted
 * ```
 *
 * At most one version of an application is in use. `deleted` rows stay because the history of sessions names them.
 */
export const versionStateNames = [
  'uploading',
  'creating',
  'normal',
  'in-use',
  'usable',
  'create-failed',
  'deleting',
  'deleted',
] as const;
/** Name of a version's state. */
export type VersionStateName = (typeof versionStateNames)[number];

/** What can happen to a version. */
export type VersionEvent =
  /** The package is there: unpack it. Also for a version whose last attempt failed. */
  | 'snapshot'
  | 'ingested'
  | 'ingest-failed'
  | 'set-online'
  /** Another version of the application went online. */
  | 'other-set-online'
  | 'delete'
  /** The application goes with all its versions, the one that is online too. */
  | 'application-deleted'
  /** Nothing runs it any more. */
  | 'swept';

const oneOf = (state: VersionStateName, ...names: readonly VersionStateName[]): boolean => names.includes(state);

/** Applies one event; null when the event does not fit the state (for example setting a failed version online). */
export function transitionVersion(state: VersionStateName, event: VersionEvent): VersionStateName | null {
  switch (event) {
    case 'snapshot':
      return oneOf(state, 'uploading', 'create-failed') ? 'creating' : null;
    case 'ingested':
      return state === 'creating' ? 'normal' : null;
    case 'ingest-failed':
      return state === 'creating' ? 'create-failed' : null;
    case 'set-online':
      return oneOf(state, 'normal', 'usable', 'in-use') ? 'in-use' : null;
    case 'other-set-online':
      return state === 'in-use' ? 'usable' : state;
    case 'delete':
      return oneOf(state, 'in-use', 'deleted') ? null : 'deleting';
    case 'application-deleted':
      return state === 'deleted' ? null : 'deleting';
    case 'swept':
      return state === 'deleting' ? 'deleted' : null;
    default:
      return assertNever(event, 'version event');
  }
}

/** True while a package is unpacked and complete: sessions may run it. */
export function isRunnableVersion(state: VersionStateName): boolean {
  return oneOf(state, 'normal', 'in-use', 'usable');
}

/** True for a version that counts against the limit of versions. */
export function isKeptVersion(state: VersionStateName): boolean {
  return !oneOf(state, 'deleting', 'deleted');
}

/** Whether an application may get one more version. */
export type NewVersionDecision =
  | { readonly type: 'allowed' }
  /** This one must be finished, put online or deleted first. */
  | { readonly type: 'pending'; readonly state: VersionStateName }
  | { readonly type: 'limit' };

/**
 * Decides about one more version, given the states of those there are. Only one version at a time may be on its way from
 * upload to going online: uploads name the application, not the version, so with two of them nobody could tell which is meant.
 */
export function decideNewVersion(states: readonly VersionStateName[], maxVersions: number): NewVersionDecision {
  const pending = states.find((state) => oneOf(state, 'uploading', 'creating', 'normal', 'create-failed'));
  if (pending !== undefined) return { type: 'pending', state: pending };
  return states.filter(isKeptVersion).length >= maxVersions ? { type: 'limit' } : { type: 'allowed' };
}
