import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideNewVersion,
  isKeptVersion,
  isRunnableVersion,
  transitionVersion,
  type VersionEvent,
  type VersionStateName,
  versionStateNames,
} from './version-state.js';

type Row = Readonly<Record<VersionStateName, VersionStateName | null>>;
const none: Row = {
  uploading: null,
  creating: null,
  normal: null,
  'in-use': null,
  usable: null,
  'create-failed': null,
  deleting: null,
  deleted: null,
};

/** Every event in every state. */
const table: Readonly<Record<VersionEvent, Row>> = {
  snapshot: { ...none, uploading: 'creating', 'create-failed': 'creating' },
  ingested: { ...none, creating: 'normal' },
  'ingest-failed': { ...none, creating: 'create-failed' },
  'set-online': { ...none, normal: 'in-use', usable: 'in-use', 'in-use': 'in-use' },
  'other-set-online': {
    uploading: 'uploading',
    creating: 'creating',
    normal: 'normal',
    'in-use': 'usable',
    usable: 'usable',
    'create-failed': 'create-failed',
    deleting: 'deleting',
    deleted: 'deleted',
  },
  delete: {
    ...none,
    uploading: 'deleting',
    creating: 'deleting',
    normal: 'deleting',
    usable: 'deleting',
    'create-failed': 'deleting',
    deleting: 'deleting',
  },
  'application-deleted': {
    uploading: 'deleting',
    creating: 'deleting',
    normal: 'deleting',
    'in-use': 'deleting',
    usable: 'deleting',
    'create-failed': 'deleting',
    deleting: 'deleting',
    deleted: null,
  },
  swept: { ...none, deleting: 'deleted' },
};
const events = Object.keys(table) as VersionEvent[];

describe('transitionVersion', () => {
  it.each(events.flatMap((event) => versionStateNames.map((state) => [state, event, table[event][state]] as const)))(
    '%s + %s → %s',
    (state, event, next) => {
      expect(transitionVersion(state, event)).toBe(next);
    },
  );

  it('never leads out of deleting but to deleted, nor out of deleted', () => {
    const walk = fc.array(fc.constantFrom(...events), { maxLength: 30 });
    fc.assert(
      fc.property(walk, (path) => {
        let state: VersionStateName = 'deleting';
        for (const event of path) {
          const next = transitionVersion(state, event);
          if (next !== null) state = next;
          expect(['deleting', 'deleted']).toContain(state);
          expect(isRunnableVersion(state) || isKeptVersion(state)).toBe(false);
        }
      }),
    );
  });
});

describe('decideNewVersion', () => {
  it.each<[VersionStateName[], number, ReturnType<typeof decideNewVersion>]>([
    [[], 5, { type: 'allowed' }],
    [['in-use', 'usable'], 3, { type: 'allowed' }],
    [['in-use', 'usable', 'usable'], 3, { type: 'limit' }],
    [['in-use', 'deleting', 'deleted', 'usable'], 3, { type: 'allowed' }],
    [['in-use', 'uploading'], 5, { type: 'pending', state: 'uploading' }],
    [['creating'], 5, { type: 'pending', state: 'creating' }],
    [['in-use', 'normal'], 2, { type: 'pending', state: 'normal' }],
    [['create-failed'], 5, { type: 'pending', state: 'create-failed' }],
  ])('%j with at most %i: %j', (states, maxVersions, decision) => {
    expect(decideNewVersion(states, maxVersions)).toEqual(decision);
  });
});
