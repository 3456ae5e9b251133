import type { Logger } from 'pino';
import { collectorLimits } from './limits.js';
import type { ObjectFacts, ObjectKind, ObjectStore } from './object-store.js';
import { loadManifest } from './package-publish.js';

/** What {@link createCollector} needs. */
export interface CollectorDeps {
  readonly store: ObjectStore;
  /** Manifests that versions name, whatever state they are in. */
  readonly listLiveManifests: () => Promise<readonly string[]>;
  /** Hashes of the pictures that background images name. */
  readonly listLivePictures: () => Promise<readonly string[]>;
  /** Those of some hashes that recordings name. */
  readonly findLiveRecordings: (hashes: readonly string[]) => Promise<readonly string[]>;
  /** Objects younger than this stay, because an ingest somewhere may be about to use them. */
  readonly minAgeMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** Removes what nothing uses, a bounded piece of the store with each call; round and round. Returns how many objects it removed. */
export type Collect = () => Promise<number>;

/** What a collector goes through. */
const kinds: readonly ObjectKind[] = ['blobs', 'manifests', 'images', 'recordings'];

/** Manifests in the store that are young: of ingests that have just ended, and of bases of incremental ones under way. */
async function listYoungManifests(store: ObjectStore, before: number): Promise<string[]> {
  const found: string[] = [];
  for (let after = ''; ; ) {
    const page = await store.list('manifests', { after, limit: collectorLimits.pageKeys });
    for (const { key, modifiedAt } of page) if (modifiedAt >= before) found.push(key.slice('manifests/'.length));
    const last = page.at(-1);
    if (last === undefined || page.length < collectorLimits.pageKeys) return found;
    after = last.key;
  }
}

/** Takes from `candidates` what manifests list. One manifest is in memory at a time. */
async function keepListed(
  store: ObjectStore,
  candidates: Map<string, ObjectFacts>,
  manifests: Iterable<string>,
): Promise<void> {
  for (const manifestSha256 of manifests) {
    candidates.delete(`manifests/${manifestSha256}`);
    if (candidates.size === 0) return;
    const { entries } = await loadManifest(store, manifestSha256);
    for (const entry of entries) if (entry.type === 'file') candidates.delete(`blobs/${entry.sha256}`);
  }
}

/**
 * Creates a collector: mark and sweep with an age limit. Candidates are listed before the manifests that count are read, so a
 * version that is stored in between is seen; whatever else an ingest uses it has made young. A manifest that cannot be read
 * ends the call before anything is removed.
 */
export function createCollector(deps: CollectorDeps): Collect {
  const { store, minAgeMs, now, logger } = deps;
  const ageMs = Math.max(minAgeMs, collectorLimits.minAgeMs);
  let kindIndex = 0;
  let after = '';
  const nextPage = async () => {
    const kind = kinds[kindIndex % kinds.length] ?? 'blobs';
    const page = await store.list(kind, { after, limit: collectorLimits.pageKeys });
    const last = page.at(-1);
    if (last !== undefined && page.length === collectorLimits.pageKeys) after = last.key;
    else {
      after = '';
      kindIndex += 1;
    }
    return page;
  };
  return async () => {
    const before = now() - ageMs;
    const page = await nextPage();
    const candidates = new Map(page.filter(({ modifiedAt }) => modifiedAt < before).map((facts) => [facts.key, facts]));
    if (candidates.size === 0) return 0;
    const kind = page[0]?.key.split('/')[0];
    if (kind === 'images') {
      for (const sha256 of await deps.listLivePictures()) candidates.delete(`images/${sha256}`);
    } else if (kind === 'recordings') {
      const hashes = [...candidates.keys()].map((key) => key.slice('recordings/'.length));
      for (const sha256 of await deps.findLiveRecordings(hashes)) candidates.delete(`recordings/${sha256}`);
    } else {
      const manifests = new Set([...(await deps.listLiveManifests()), ...(await listYoungManifests(store, before))]);
      await keepListed(store, candidates, manifests);
    }
    let removed = 0;
    for (const key of candidates.keys()) if (await store.deleteIfOlder(key, before)) removed += 1;
    if (removed > 0) logger.info({ removed, kind }, 'unused objects removed');
    return removed;
  };
}
