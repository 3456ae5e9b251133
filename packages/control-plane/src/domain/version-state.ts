import { assertNever } from '@cloudstage/protocol';

/** Life of an application version: created → normal → in use ⇄ usable; at most one of an application is in use. */
export const versionStateNames = ['creating', 'normal', 'in-use', 'usable', 'create-failed'] as const;
/** Name of a version's state. */
export type VersionStateName = (typeof versionStateNames)[number];

/** What can happen to a version. */
export type VersionEvent = 'ingested' | 'ingest-failed' | 'set-online' | 'other-set-online';

/** Applies one event; null when the event does not fit the state (for example setting a failed version online). */
export function transitionVersion(state: VersionStateName, event: VersionEvent): VersionStateName | null {
  switch (event) {
    case 'ingested':
      return state === 'creating' ? 'normal' : null;
    case 'ingest-failed':
      return state === 'creating' ? 'create-failed' : null;
    case 'set-online':
      return state === 'normal' || state === 'usable' || state === 'in-use' ? 'in-use' : null;
    case 'other-set-online':
      return state === 'in-use' ? 'usable' : state;
    default:
      return assertNever(event, 'version event');
  }
}
