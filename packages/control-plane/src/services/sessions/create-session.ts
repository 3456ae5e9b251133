import { isAppError } from '@cloudstage/protocol';
import { readLaunchFacts } from '../../db/launch.js';
import type { Executor } from '../../db/schema.js';
import { lockLiveSession, type SessionPatch } from '../../db/sessions.js';
import { deadlineAfter, isDue } from '../../domain/deadlines.js';
import { splitArguments } from '../../domain/program-arguments.js';
import { runSettingsOf } from '../../domain/run-settings.js';
import { hostSeat } from '../../domain/seats.js';
import type { Caller, CreateSessionInput, Services } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import { createReconnectToken, hashToken } from '../ids.js';
import { type Begun, busyMark, refuseConnect, settled } from './begin-connect.js';
import type { ConnectPeer } from './connect-peer.js';
import type { JoinSession } from './join-session.js';
import { applySessionEvent } from './session-transition.js';

/**
 * Use case CreateSession: connects a client to the user's session and starts the program when it does not run. Called again
 * it connects the new client to the same program; the older client of the same user is told so by the node.
 */
export function createCreateSession(
  deps: ServiceDeps,
  connectPeer: ConnectPeer,
  joinSession: JoinSession,
): Services['createSession'] {
  return async (caller, input) => {
    const problem = checkArguments(input.applicationParameters);
    if (problem !== null) return { type: 'failed', message: problem };
    if (input.hostUserId !== '' && input.hostUserId !== input.userId) return joinSession(caller, input);
    const begun = await deps.database.transaction((tx) => begin(deps, tx, caller, input));
    return begun.type === 'plan' ? connectPeer(begun.plan) : begun.outcome;
  };
}

function checkArguments(text: string): string | null {
  try {
    splitArguments(text);
    return null;
  } catch (error) {
    if (isAppError(error)) return error.message;
    throw error;
  }
}

/** When a session that begins now has lasted long enough; null: never. */
function expiryOf(deps: ServiceDeps, projectMs: number | null, now: number): number | null {
  const longestMs = projectMs ?? deps.settings.maxDurationMs;
  return longestMs === 0 ? null : deadlineAfter(now, longestMs);
}

async function begin(deps: ServiceDeps, tx: Executor, caller: Caller, input: CreateSessionInput): Promise<Begun> {
  const now = deps.now();
  const context = { now, settings: deps.settings };
  const row = await lockLiveSession(tx, { accountId: caller.accountId, userId: input.userId });
  if (row === null) return settled({ type: 'lock-timeout' });
  if (row.state === 'reserved' && isDue(row.deadlineAt, now)) {
    await applySessionEvent(tx, row, { type: 'deadline' }, context);
    return settled({ type: 'lock-timeout' });
  }
  const refusal = refuseConnect(row, now);
  if (refusal !== null) return settled(refusal);
  const facts = await readLaunchFacts(tx, row.id);
  if (facts === null) return settled({ type: 'failed', message: 'the project or application is gone' });
  const reconnectToken = createReconnectToken();
  const busyUntil = busyMark(deps, now);
  const extra: SessionPatch = {
    busyUntil,
    userIp: input.userIp,
    ...(input.clientSession === null ? {} : { reconnectTokenHash: hashToken(reconnectToken) }),
    // The arguments of a running program are fixed, and preloaded projects never take any: whether the program was
    // running before the user came must make no difference.
    ...(row.state === 'reserved' && row.launchedAt === null && !facts.isPreload
      ? { applicationParameters: input.applicationParameters }
      : {}),
    ...(row.state === 'reserved' ? { expiresAt: expiryOf(deps, facts.maxDurationMs, now) } : {}),
    // As is what it took from its project.
    ...(row.runSettings === null ? { runSettings: runSettingsOf(facts) } : {}),
  };
  const event = { type: 'connect-begun', runWithoutClient: input.runWithoutClient } as const;
  const applied = await applySessionEvent(tx, row, event, context, extra);
  const role = input.role ?? 'Player';
  const peer =
    input.clientSession === null
      ? null
      : {
          userId: input.userId,
          role,
          seat: role === 'Player' ? hostSeat : 0,
          clientSession: input.clientSession,
          reconnectToken,
        };
  return {
    type: 'plan',
    plan: { requestId: caller.requestId, session: applied.row, facts, peer, guest: null, busyUntil },
  };
}
