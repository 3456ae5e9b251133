import { readLaunchFacts } from '../../db/launch.js';
import { countProjectUse, takeSlot } from '../../db/placements.js';
import {
  type DueProject,
  lockDueProject,
  lockObsoletePrelaunched,
  lockUnclaimedOfProject,
  postponePrelaunch,
} from '../../db/prelaunch.js';
import type { Executor, SessionRow } from '../../db/schema.js';
import { lockSession } from '../../db/sessions.js';
import { decidePlacement, needsPackage } from '../../domain/placement.js';
import { decidePrelaunch, prelaunchPauseMs } from '../../domain/prelaunch.js';
import { prelaunchSession } from '../../domain/session-state.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { serviceLimits } from '../limits.js';
import { launchFingerprint, retire } from '../sessions/claim-prelaunched.js';
import { toConnectParams } from '../sessions/connect-peer.js';
import { type SendEndOrder, sendInBackground } from '../sessions/end-order.js';
import type { EndOrder } from '../sessions/session-transition.js';
import type { LaunchPrelaunched } from './launch-prelaunched.js';

/** Keeps the programs of preloaded projects running for users who will come. Part of the sweep. */
export type SweepPrelaunches = () => Promise<void>;

/** What one look at a project asks for, after its transaction. */
interface Look {
  readonly orders: readonly EndOrder[];
  readonly started: readonly string[];
}

/** Creates the prelauncher. Several control planes may run it: a project is looked at by one at a time. */
export function createSweepPrelaunches(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  launch: LaunchPrelaunched,
): SweepPrelaunches {
  return async () => {
    sendInBackground(deps, sendEndOrder, await retireObsolete(deps));
    for (let i = 0; i < serviceLimits.maxPrelaunchLooks; i += 1) {
      const look = await deps.database.transaction((tx) => lookAtNext(deps, tx));
      if (look === null) return;
      sendInBackground(deps, sendEndOrder, look.orders);
      for (const sessionId of look.started) launch(sessionId);
    }
  };
}

async function retireObsolete(deps: ServiceDeps): Promise<readonly EndOrder[]> {
  const { requirePackages } = deps.settings.concurrency;
  return deps.database.transaction(async (tx) => {
    const orders: EndOrder[] = [];
    for (const sessionId of await lockObsoletePrelaunched(tx, { now: deps.now(), requirePackages })) {
      const row = await lockSession(tx, sessionId);
      if (row !== null) orders.push(...(await retire(deps, tx, row)));
    }
    return orders;
  });
}

async function lookAtNext(deps: ServiceDeps, tx: Executor): Promise<Look | null> {
  const now = deps.now();
  const project = await lockDueProject(tx, now, now - serviceLimits.prelaunchFailureWindowMs);
  if (project === null) return null;
  const retryAt = (project.failedAt ?? 0) + prelaunchPauseMs(project.failures);
  await postponePrelaunch(tx, project.id, Math.max(now + serviceLimits.prelaunchLookMs, retryAt));
  const unclaimed = await lockUnclaimedOfProject(tx, project.id);
  const orders = await retireStale(deps, tx, unclaimed);
  const { concurrency } = deps.settings;
  const decision = decidePrelaunch({
    concurrencyLimit: project.concurrencyLimit,
    needsPackage: needsPackage({ packages: project.packages, requirePackages: concurrency.requirePackages }),
    ...(await countProjectUse(tx, project.id)),
    defaultPrelaunch: concurrency.defaultPrelaunch,
  });
  for (const row of unclaimed.slice(0, decision.fewer)) orders.push(...(await retire(deps, tx, row)));
  const started = retryAt > now ? [] : await reserveSome(deps, tx, project, decision.more);
  return { orders, started };
}

/** Ends what was launched before a change of settings. All unclaimed sessions of a project must be launched alike. */
async function retireStale(deps: ServiceDeps, tx: Executor, unclaimed: readonly SessionRow[]): Promise<EndOrder[]> {
  const [sample] = unclaimed;
  const facts = sample === undefined ? null : await readLaunchFacts(tx, sample.id);
  if (sample === undefined || facts === null) return [];
  const wanted = launchFingerprint(toConnectParams(deps.settings, { session: sample, facts, peer: null }));
  const orders: EndOrder[] = [];
  for (const row of unclaimed) {
    // One without a fingerprint has not been commanded yet.
    if (row.launchFingerprint === null || row.launchFingerprint === wanted) continue;
    if (row.applicationVersionId === sample.applicationVersionId) orders.push(...(await retire(deps, tx, row)));
  }
  return orders;
}

async function reserveSome(
  deps: ServiceDeps,
  tx: Executor,
  project: DueProject,
  count: number,
): Promise<readonly string[]> {
  const { applicationId, applicationVersionId } = project;
  if (applicationId === null || applicationVersionId === null) return [];
  const { requirePackages, orderRegions } = deps.settings.concurrency;
  // Nobody's address is known yet: the default order.
  const candidates = decidePlacement({ ...project, requirePackages, regionOrder: orderRegions('') });
  const now = deps.now();
  const state = prelaunchSession(project, now, deps.settings);
  const started: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const reservation = {
      id: createId('ses'),
      accountId: project.accountId,
      userId: null,
      userIp: '',
      projectId: project.id,
      applicationId,
      applicationVersionId,
      state: 'prelaunching' as const,
      deadlineAt: state.deadlineAt ?? now,
      reconnectGraceMs: state.reconnectGraceMs,
      createdAt: now,
    };
    if (!(await takeSlot(tx, reservation, candidates))) break;
    started.push(reservation.id);
  }
  return started;
}
