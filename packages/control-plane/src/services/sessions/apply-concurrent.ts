import { assertNever } from '@cloudstage/protocol';
import { type ApplyContext, lockAndCountProject, readApplyContext, takeSlot } from '../../db/reservations.js';
import { isUniqueViolation, sqlState } from '../../db/rows.js';
import { lockSession } from '../../db/sessions.js';
import { decideHeldSession } from '../../domain/apply-decision.js';
import { isDue } from '../../domain/deadlines.js';
import { decidePlacement } from '../../domain/placement.js';
import { reserveSession } from '../../domain/session-state.js';
import type { ApplyConcurrentInput, ApplyConcurrentOutcome, Caller, Services } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import { serviceLimits } from '../limits.js';
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
    const context = await readApplyContext(deps.database.executor, { ...input, accountId: caller.accountId });
    if (context === null) return { type: 'project-not-found' };
    if (context.applicationId === null) return applicationMissing(context, input);
    if (context.applicationVersionId === null) return versionMissing(context.applicationId, input);
    if (context.held !== null) return settleHeld(deps, sendEndOrder, context.held, context.projectType, input);
    const program = { applicationId: context.applicationId, applicationVersionId: context.applicationVersionId };
    return reserve(deps, caller, input, { ...context, ...program });
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

async function reserve(
  deps: ServiceDeps,
  caller: Caller,
  input: ApplyConcurrentInput,
  context: ApplyContext & { readonly applicationId: string; readonly applicationVersionId: string },
): Promise<Attempt> {
  const placement = decidePlacement(context.nodes);
  if (placement.type !== 'candidates') return { type: placement.type };
  const now = deps.now();
  const state = reserveSession(context, now, deps.settings);
  const reservation = {
    id: createId('ses'),
    accountId: caller.accountId,
    userId: input.userId,
    userIp: input.userIp,
    projectId: input.projectId,
    applicationId: context.applicationId,
    applicationVersionId: context.applicationVersionId,
    deadlineAt: state.deadlineAt ?? now,
    reconnectGraceMs: state.reconnectGraceMs,
    createdAt: now,
  };
  const { concurrencyLimit } = context;
  try {
    const taken =
      concurrencyLimit === null
        ? await takeSlot(deps.database.executor, reservation, placement.nodeIds)
        : await deps.database.transaction(async (tx) => {
            if ((await lockAndCountProject(tx, input.projectId)) >= concurrencyLimit) return 'full' as const;
            return takeSlot(tx, reservation, placement.nodeIds);
          });
    if (taken === 'full') return { type: 'no-idle' };
    return taken ? { type: 'reserved', sessionId: reservation.id } : null;
  } catch (error) {
    // Another call of the same user was faster: look again and find its session.
    if (isUniqueViolation(error)) return null;
    throw error;
  }
}
