import { dbLimits } from '../../db/limits.js';
import { deleteRecordingsBefore } from '../../db/recordings.js';
import { deleteEventsBefore } from '../../db/session-events.js';
import { deleteSessionsEndedBefore } from '../../db/session-history.js';
import { deleteUsageBefore } from '../../db/usage.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';

/** Deletes history that is older than the configuration keeps it, a bounded batch at a time. */
export type SweepHistory = () => Promise<void>;

/** Creates the sweep. It looks once a minute, and again at once while there is more to delete. */
export function createSweepHistory(deps: ServiceDeps): SweepHistory {
  let nextAt = 0;
  return async () => {
    const now = deps.now();
    // A clock that was set back must not stop the sweep until it has caught up.
    if (now < nextAt && nextAt - now <= serviceLimits.historySweepPauseMs) return;
    const { executor } = deps.database;
    const before = now - deps.settings.historyMs;
    const batch = dbLimits.historyBatch;
    const sessions = await deleteSessionsEndedBefore(executor, before, batch);
    const events = await deleteEventsBefore(executor, before, batch);
    const usage = await deleteUsageBefore(executor, now - deps.settings.usageMs, batch);
    // Their bytes go with the sweep of the store.
    const recordings = await deleteRecordingsBefore(executor, now - deps.settings.recordingMs, batch);
    if (Math.max(sessions, events, usage, recordings) < batch) nextAt = now + serviceLimits.historySweepPauseMs;
  };
}
