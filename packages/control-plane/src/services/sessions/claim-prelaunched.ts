import { createHash } from 'node:crypto';
import type { ConnectSessionParams } from '@cloudstage/protocol';
import { readLaunchFacts } from '../../db/launch.js';
import { lockAndCountProject, lockClaimable } from '../../db/placements.js';
import { lockUnclaimedOfProject, postponePrelaunch } from '../../db/prelaunch.js';
import type { Executor, SessionRow } from '../../db/schema.js';
import { lockSession } from '../../db/sessions.js';
import type { PlacementCandidate } from '../../domain/placement.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import { toConnectParams } from './connect-peer.js';
import { applySessionEvent, type EndOrder } from './session-transition.js';

/** The user who applies, and what for. */
export interface ClaimWish {
  readonly userId: string;
  readonly userIp: string;
  readonly projectId: string;
  readonly applicationVersionId: string;
  readonly reconnectGraceMs: number;
  readonly concurrencyLimit: number | null;
}

/** A claim, and sessions to be ended on their nodes because they were launched with other settings. */
export interface Claim {
  readonly sessionId: string | null;
  readonly orders: readonly EndOrder[];
}

/** Tells what a program was launched with: the same text, the same program in the same state of settings. */
export function launchFingerprint(params: ConnectSessionParams): string {
  const { launch, stream } = params;
  return createHash('sha256').update(JSON.stringify({ launch, stream })).digest('hex');
}

/** Gives the user a program that runs already. Those with settings of before a change are ended on the way. */
export async function claimPrelaunched(
  deps: ServiceDeps,
  wish: ClaimWish,
  candidates: readonly PlacementCandidate[],
): Promise<Claim> {
  return deps.database.transaction(async (tx) => {
    if (!(await hasRoom(tx, wish))) return { sessionId: null, orders: [] };
    const orders: EndOrder[] = [];
    for (let i = 0; i < serviceLimits.maxStaleClaims; i += 1) {
      const sessionId = await lockClaimable(tx, wish, candidates);
      const row = sessionId === null ? null : await lockSession(tx, sessionId);
      if (row === null) break;
      if (await isCurrent(deps, tx, row)) {
        await claim(deps, tx, row, wish);
        return { sessionId: row.id, orders };
      }
      orders.push(...(await retire(deps, tx, row)));
    }
    return { sessionId: null, orders };
  });
}

/** A limit that was lowered holds for claims too: unclaimed sessions count, but they are what is being claimed. */
async function hasRoom(tx: Executor, wish: ClaimWish): Promise<boolean> {
  if (wish.concurrencyLimit === null) return true;
  const { used, unclaimed } = await lockAndCountProject(tx, wish.projectId);
  return used - unclaimed < wish.concurrencyLimit;
}

async function isCurrent(deps: ServiceDeps, tx: Executor, row: SessionRow): Promise<boolean> {
  const facts = await readLaunchFacts(tx, row.id);
  if (facts === null) return false;
  return (
    row.launchFingerprint === launchFingerprint(toConnectParams(deps.settings, { session: row, facts, peer: null }))
  );
}

async function claim(deps: ServiceDeps, tx: Executor, row: SessionRow, wish: ClaimWish): Promise<void> {
  const now = deps.now();
  const { userId, userIp, reconnectGraceMs } = wish;
  const context = { now, settings: deps.settings };
  // To its user the session begins now; `launchedAt` tells that the program is older.
  await applySessionEvent(tx, row, { type: 'claimed' }, context, { userId, userIp, reconnectGraceMs, createdAt: now });
}

/** Ends an unclaimed session that the caller has locked. */
export async function retire(deps: ServiceDeps, tx: Executor, row: SessionRow): Promise<readonly EndOrder[]> {
  const context = { now: deps.now(), settings: deps.settings };
  return (await applySessionEvent(tx, row, { type: 'end-requested', reason: 'api' }, context)).orders;
}

/** What a preloaded project without a free slot can do for its user. */
export interface Yielded {
  /** A program is coming up, or one makes room: trying again soon helps. */
  readonly soon: boolean;
  readonly orders: readonly EndOrder[];
}

/**
 * All concurrency of a preloaded project may be held by programs that wait for users. One who wants another version than
 * the one online must not be refused for their sake: one of them makes room, and is not replaced for a while.
 */
export async function yieldPrelaunched(
  deps: ServiceDeps,
  wish: Pick<ClaimWish, 'projectId' | 'applicationVersionId'>,
): Promise<Yielded> {
  return deps.database.transaction(async (tx) => {
    const unclaimed = await lockUnclaimedOfProject(tx, wish.projectId);
    if (unclaimed.some((row) => row.applicationVersionId === wish.applicationVersionId))
      return { soon: true, orders: [] };
    const [first] = unclaimed;
    if (first === undefined) return { soon: false, orders: [] };
    await postponePrelaunch(tx, wish.projectId, deps.now() + serviceLimits.prelaunchYieldMs);
    return { soon: true, orders: await retire(deps, tx, first) };
  });
}
