import type { ObjectStore } from './object-store.js';

/** Key of an object that is not there: SHA-256 of nothing that anybody has stored. */
const probeKey = `manifests/${'0'.repeat(64)}`;

/** Whether an object store answers. */
export async function checkStore(store: ObjectStore): Promise<{ readonly ready: boolean; readonly reason: string }> {
  try {
    if (store.check === undefined) await store.has(probeKey);
    else await store.check();
    return { ready: true, reason: '' };
  } catch {
    // The answer is the report, as with the database.
    return { ready: false, reason: 'the object store does not answer' };
  }
}
