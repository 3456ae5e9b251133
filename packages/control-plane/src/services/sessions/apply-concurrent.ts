import { assertNever } from '@cloudstage/protocol';
import { lockAndCountProject, type Reservation, readShortage, takeSlot } from '../../db/placements.js';
import { type ApplyContext, readApplyContext } from '../../db/reservations.js';
import { isForeignKeyViolation, isUniqueViolation, sqlState } from '../../db/rows.js';
import { lockSession } from '../../db/sessions.js';
import { decideHeldSession } from '../../domain/apply-decision.js';
import { isDue } from '../../domain/deadlines.js';
import { decidePlacement, decideShortage, type PlacementCandidate } from '../../domain/placement.js';
import { reserveSession } from '../../domain/session-state.js';
import type { ApplyConcurrentInput, ApplyConcurrentOutcome, Caller, Services } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { serviceLimits } from '../limits.js';
import { type ClaimWish, claimPrelaunched, yieldPrelaunched } from './claim-prelaunched.js';
import { type SendEndOrder, sendInBackground } from './end-order.js';
import { applySessionEvent } from './session-transition.js';

/** PostgreSQL's code for a statement that ran into its time limit. */
const statementTimeout = '57014';

/** An outcome, or null: the facts have changed meanwhile, look again. */
type Attempt = ApplyConcurrentOutcome | null;

/**
 * Use case ApplyConcurrent: gives the user a slot of the project, or the one the user holds already. Two statements when
 * all goes well: read the facts, take a slot.
 */
export function createApplyConcurrent(deps: ServiceDeps, sendEndOrder: SendEndOrder): Services['applyConcurrent'] {
  const attempt = async (caller: Caller, input: ApplyConcurrentInput): Promise<Attempt> => {
    const key = { ...input, accountId: caller.accountId, now: deps.now() };
    const context = await readApplyContext(deps.database.executor, key);
    if (context === null) return { type: 'project-not-found' };
    if (context.applicationId === null) return applicationMissing(context, input);
    if (context.applicationVersionId === null) return versionMissing(context.applicationId, input);
    if (context.held !== null) return settleHeld(deps, sendEndOrder, context.held, context.projectType, input);
    const program = { applicationId: context.applicationId, applicationVersionId: context.applicationVersionId };
    return place(deps, sendEndOrder, caller, input, { ...context, ...program });
  };
  return async (caller, input) => {
    try {
      for (let i = 0; i < serviceLimits.maxApplyAttempts; i += 1) {
        const outcome = await attempt(caller, input);
        if (outcome !== null) return outcome;
      }
      return { type: 'no-idle' };
    } catch (error) {
      if (sqlState(error) === statementTimeout) return { type: 'timeout' };
      throw error;
    }
  };
}

function applicationMissing(context: ApplyContext, input: ApplyConcurrentInput): ApplyConcurrentOutcome {
  const message =
    context.projectType === 'SHARED' && input.applicationId === ''
      ? 'ApplicationId is needed: the project is shared by several applications'
      : `application ${input.applicationId} does not belong to the project`;
  return { type: 'application-not-found', message };
}

function versionMissing(applicationId: string, input: ApplyConcurrentInput): ApplyConcurrentOutcome {
  const message =
    input.applicationVersionId === ''
      ? `application ${applicationId} has no version online`
      : `version ${input.applicationVersionId} of application ${applicationId} does not exist or is not ready`;
  return { type: 'application-not-found', message };
}

async function settleHeld(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  held: NonNullable<ApplyContext['held']>,
  projectType: ApplyContext['projectType'],
  input: ApplyConcurrentInput,
): Promise<Attempt> {
  if (held.state === 'ended') return null;
  // An exclusive project has one application: what the caller names is ignored, as in the compatible API.
  const wish = { ...input, applicationId: projectType === 'EXCLUSIVE' ? '' : input.applicationId };
  const busy = held.busyUntil !== null && !isDue(held.busyUntil, deps.now());
  const decision = decideHeldSession({ ...held, stateName: held.state, busy }, wish);
  switch (decision) {
    case 'stopping':
      return { type: 'stopping' };
    case 'slow-down':
      return { type: 'slow-down' };
    case 'keep':
      if (held.state !== 'reserved') return { type: 'reserved', sessionId: held.id };
      return keepReservation(deps, held.id);
    case 'replace':
      return replace(deps, sendEndOrder, held.id);
    default:
      return assertNever(decision, 'decision');
  }
}

async function keepReservation(deps: ServiceDeps, sessionId: string): Promise<Attempt> {
  return deps.database.transaction(async (tx) => {
    const row = await lockSession(tx, sessionId);
    if (row === null || row.state === 'ended' || row.state === 'ending') return null;
    await applySessionEvent(tx, row, { type: 'reapplied' }, { now: deps.now(), settings: deps.settings });
    return { type: 'reserved', sessionId };
  });
}

async function replace(deps: ServiceDeps, sendEndOrder: SendEndOrder, sessionId: string): Promise<Attempt> {
  const applied = await deps.database.transaction(async (tx) => {
    const row = await lockSession(tx, sessionId);
    if (row === null) return null;
    const context = { now: deps.now(), settings: deps.settings };
    return applySessionEvent(tx, row, { type: 'end-requested', reason: 'api' }, context);
  });
  if (applied === null || applied.row.state === 'ended') return null;
  sendInBackground(deps, sendEndOrder, applied.orders);
  return { type: 'stopping' };
}

/** Facts of a call that may have a slot: the program is known and the user holds nothing. */
type PlaceableContext = ApplyContext & { readonly applicationId: string; readonly applicationVersionId: string };

async function place(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  caller: Caller,
  input: ApplyConcurrentInput,
  context: PlaceableContext,
): Promise<Attempt> {
  const { requirePackages, orderRegions } = deps.settings.concurrency;
  const candidates = decidePlacement({ ...context, requirePackages, regionOrder: orderRegions(input.userIp) });
  if (candidates.length === 0) return { type: 'no-idle' };
  try {
    const claimed = context.isPreload ? await claim(deps, sendEndOrder, input, context, candidates) : null;
    if (claimed !== null) return claimed;
    const taken = await reserve(deps, caller, input, context, candidates);
    if (taken.type === 'reserved') return taken;
    const outcome =
      taken.type === 'full'
        ? 'no-idle'
        : decideShortage(await readShortage(deps.database.executor, input.projectId, candidates));
    if (outcome === 'again') return null;
    if (!context.isPreload || outcome === 'initializing') return { type: outcome };
    const { soon, orders } = await yieldPrelaunched(deps, { ...input, ...context });
    sendInBackground(deps, sendEndOrder, orders);
    return { type: soon ? 'initializing' : 'no-idle' };
  } catch (error) {
    // Another call of the same user was faster: look again and find its session.
    if (isUniqueViolation(error)) return null;
    // The project was deleted after it was read: look again and do not find it.
    if (isForeignKeyViolation(error)) return null;
    throw error;
  }
}

async function claim(
  deps: ServiceDeps,
  sendEndOrder: SendEndOrder,
  input: ApplyConcurrentInput,
  context: PlaceableContext,
  candidates: readonly PlacementCandidate[],
): Promise<ApplyConcurrentOutcome | null> {
  const wish: ClaimWish = { ...context, userId: input.userId, userIp: input.userIp, projectId: input.projectId };
  const { sessionId, orders } = await claimPrelaunched(deps, wish, candidates);
  sendInBackground(deps, sendEndOrder, orders);
  return sessionId === null ? null : { type: 'reserved', sessionId };
}

/** `full`: the project's own limit is reached; `none`: no slot (with a seat) could be had. */
type Reserved = { readonly type: 'reserved'; readonly sessionId: string } | { readonly type: 'full' | 'none' };

async function reserve(
  deps: ServiceDeps,
  caller: Caller,
  input: ApplyConcurrentInput,
  context: PlaceableContext,
  candidates: readonly PlacementCandidate[],
): Promise<Reserved> {
  const now = deps.now();
  const state = reserveSession(context, now, deps.settings);
  const reservation: Reservation = {
    id: createId('ses'),
    accountId: caller.accountId,
    userId: input.userId,
    userIp: input.userIp,
    projectId: input.projectId,
    applicationId: context.applicationId,
    applicationVersionId: context.applicationVersionId,
    state: 'reserved',
    deadlineAt: state.deadlineAt ?? now,
    reconnectGraceMs: state.reconnectGraceMs,
    createdAt: now,
  };
  const settle = (taken: boolean): Reserved =>
    taken ? { type: 'reserved', sessionId: reservation.id } : { type: 'none' };
  const { concurrencyLimit } = context;
  if (concurrencyLimit === null) return settle(await takeSlot(deps.database.executor, reservation, candidates));
  return deps.database.transaction(async (tx) => {
    const { used } = await lockAndCountProject(tx, input.projectId);
    return used >= concurrencyLimit ? { type: 'full' } : settle(await takeSlot(tx, reservation, candidates));
  });
}
