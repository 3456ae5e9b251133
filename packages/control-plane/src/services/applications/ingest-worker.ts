import { randomUUID } from 'node:crypto';
import { AppError } from '@cloudstage/protocol';
import { claimIngest } from '../../db/ingest-jobs.js';
import type { ApplicationVersionRow } from '../../db/schema.js';
import type { Ingest } from '../../storage/ingest.js';
import type { ServiceDeps } from '../deps.js';
import type { Prefetch } from '../nodes/prefetch.js';
import {
  type AttemptDeps,
  type AttemptResult,
  attemptIngest,
  failHeldVersion,
  type OpenArchive,
} from './ingest-attempt.js';
import { applicationLimits } from './limits.js';
import type { PackageSource } from './package-source.js';

/**
 * Unpacks the packages of versions that are `creating`. The rows are the queue: several control planes over one database
 * share the work, and what one that was killed has begun, another one begins anew when the lease has lapsed.
 */
export interface IngestWorker {
  /** Looks for waiting versions soon, in the background. */
  wake(): void;
  /** What {@link attemptIngest} needs, for versions that are unpacked outside the queue. */
  readonly context: AttemptDeps;
  /** Gives what is under way back, to be begun anew by others. */
  close(): void;
}

/** Creates the worker of this process. */
export function createIngestWorker(
  deps: ServiceDeps,
  parts: { readonly ingest: Ingest; readonly source: PackageSource; readonly prefetch: Prefetch },
): IngestWorker {
  const closing = new AbortController();
  const context: AttemptDeps = { deps, ...parts, owner: randomUUID(), closing: closing.signal };
  let running = 0;

  const workOn = async (version: ApplicationVersionRow): Promise<void> => {
    try {
      logResult(deps, version, await runAttempt(context, version));
    } finally {
      running -= 1;
    }
  };
  /** Works until nothing waits or enough is under way; the count is raised before the first await, so it is never exceeded. */
  const work = async (): Promise<void> => {
    while (!closing.signal.aborted && running < deps.settings.applications.maxParallelIngests) {
      running += 1;
      const version = await claim(deps, context.owner).catch((error: unknown) => {
        running -= 1;
        throw error;
      });
      if (version === null) {
        running -= 1;
        return;
      }
      // The rest of the queue does not wait for this one.
      wake();
      await workOn(version);
    }
  };
  const wake = () => deps.background.run('ingest', work);
  return { wake, context, close: () => closing.abort(new AppError('ingest-aborted', 'the control plane is closing')) };
}

function claim(deps: ServiceDeps, owner: string): Promise<ApplicationVersionRow | null> {
  const now = deps.now();
  return claimIngest(deps.database.executor, now, { owner, until: now + deps.settings.applications.ingestLeaseMs });
}

async function runAttempt(context: AttemptDeps, version: ApplicationVersionRow): Promise<AttemptResult> {
  if (version.attempts > applicationLimits.maxIngestAttempts) {
    const message = 'the control plane was stopped while it unpacked the package; upload it again';
    return failHeldVersion(context, version, new AppError('ingest-interrupted', message));
  }
  const { sourceUrl } = version;
  const origin =
    sourceUrl === null
      ? ({ type: 'upload', versionId: version.id } as const)
      : ({ type: 'url', url: sourceUrl } as const);
  const open: OpenArchive = (onProgress, signal) => context.source.open(origin, onProgress, signal);
  return attemptIngest(context, version, open, () => undefined);
}

function logResult(deps: ServiceDeps, { id, applicationId }: ApplicationVersionRow, result: AttemptResult): void {
  const ids = { applicationId, versionId: id };
  if (result.type === 'failed') deps.logger.warn({ ...ids, err: result.error }, 'a version could not be created');
  else deps.logger.info({ ...ids, result: result.type }, 'a version was worked on');
}
