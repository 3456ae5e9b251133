import { AppError } from '@cloudstage/protocol';
import { renewIngest } from '../../db/ingest-jobs.js';
import type { ServiceDeps } from '../deps.js';
import { applicationLimits } from './limits.js';

/** A version held by this process while it unpacks its package. */
export interface HeldLease {
  /** Aborts when the lease is lost, the attempt takes too long, or the process is being closed. */
  readonly signal: AbortSignal;
  /** Percent done; written with the next renewal. */
  report(percent: number): void;
  /** Ends the renewals; resolves when the last one is over. */
  stop(): Promise<void>;
}

/** How often progress is written at most: people look at it once a second. */
const tickMs = 1_000;

/** Keeps a lease alive: other control planes leave the version alone as long as this one says that it works. */
export function keepLease(
  deps: ServiceDeps,
  options: { readonly versionId: string; readonly owner: string; readonly closing: AbortSignal },
): HeldLease {
  const { ingestLeaseMs } = deps.settings.applications;
  const controller = new AbortController();
  let percent = 0;
  let written = 0;
  let renewedAt = deps.now();
  let renewing: Promise<void> = Promise.resolve();
  let isRenewing = false;

  const renew = async (): Promise<void> => {
    const now = deps.now();
    const next = percent;
    try {
      const lease = { owner: options.owner, until: now + ingestLeaseMs };
      const isHeld = await renewIngest(deps.database.executor, options.versionId, lease, next);
      if (!isHeld) controller.abort(new AppError('ingest-lost', 'the version is deleted or somebody else works on it'));
      renewedAt = now;
      written = next;
    } catch (error) {
      // The next tick tries again; if the database stays away the lease lapses, which is what it is for.
      deps.logger.warn({ err: error, versionId: options.versionId }, 'the lease of an ingest could not be renewed');
    }
  };
  const tick = () => {
    const isDue = percent !== written || deps.now() - renewedAt >= ingestLeaseMs / 3;
    if (isRenewing || !isDue) return;
    isRenewing = true;
    renewing = renew().finally(() => {
      isRenewing = false;
    });
  };
  const timer = setInterval(tick, Math.min(tickMs, ingestLeaseMs / 3));
  const deadline = setTimeout(
    () => controller.abort(new AppError('ingest-timeout', 'the package took too long to be unpacked')),
    applicationLimits.ingestMs,
  );
  return {
    signal: AbortSignal.any([controller.signal, options.closing]),
    report: (value) => {
      percent = Math.max(percent, Math.min(99, Math.floor(value)));
    },
    stop: async () => {
      clearInterval(timer);
      clearTimeout(deadline);
      await renewing;
    },
  };
}
