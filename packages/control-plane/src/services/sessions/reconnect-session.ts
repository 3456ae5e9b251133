import { findGuestByToken, saveGuest } from '../../db/guests.js';
import { readLaunchFacts } from '../../db/launch.js';
import type { Executor, SessionRow } from '../../db/schema.js';
import { findSessionByToken, lockSession, updateSession } from '../../db/sessions.js';
import { isDue } from '../../domain/deadlines.js';
import { hostSeat } from '../../domain/seats.js';
import type { ReconnectOutcome, Services } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import { hashToken } from '../ids.js';
import { busyMark, refuseConnect } from './begin-connect.js';
import type { ConnectPeer, ConnectPlan } from './connect-peer.js';

type ReconnectInput = Parameters<Services['reconnectSession']>[0];
type Begun =
  | { readonly type: 'plan'; readonly plan: ConnectPlan }
  | { readonly type: 'outcome'; readonly outcome: ReconnectOutcome };

const settled = (outcome: ReconnectOutcome): Begun => ({ type: 'outcome', outcome });

/**
 * Use case "a browser reconnects by itself": the token of its heartbeat replies stands for the signature. The token stays
 * the same, because the client keeps the old one when this answer is lost; CreateSession replaces it.
 */
export function createReconnectSession(deps: ServiceDeps, connectPeer: ConnectPeer): Services['reconnectSession'] {
  return async (input) => {
    const begun = await deps.database.transaction((tx) => begin(deps, tx, input));
    return begun.type === 'plan' ? connectPeer(begun.plan) : begun.outcome;
  };
}

async function begin(deps: ServiceDeps, tx: Executor, input: ReconnectInput): Promise<Begun> {
  const key = { tokenHash: hashToken(input.token), userId: input.userId };
  const host = await findSessionByToken(tx, key);
  if (host !== null) {
    const row = await lockSession(tx, host.id);
    return row === null ? settled({ type: 'token-invalid' }) : beginHost(deps, tx, input, row);
  }
  return beginGuest(deps, tx, input, key.tokenHash);
}

async function beginHost(deps: ServiceDeps, tx: Executor, input: ReconnectInput, row: SessionRow): Promise<Begun> {
  const now = deps.now();
  if (row.state === 'ended' || row.state === 'reserved') return settled({ type: 'token-invalid' });
  const refusal = refuseConnect(row, now);
  if (refusal !== null) return settled(refusal);
  const facts = await readLaunchFacts(tx, row.id);
  if (facts === null) return settled({ type: 'token-invalid' });
  const busyUntil = busyMark(deps, now);
  await updateSession(tx, row.id, { busyUntil });
  return {
    type: 'plan',
    plan: {
      requestId: input.requestId,
      session: { ...row, busyUntil },
      facts,
      peer: {
        userId: input.userId,
        role: 'Player',
        seat: hostSeat,
        clientSession: input.clientSession,
        reconnectToken: input.token,
      },
      guest: null,
      busyUntil,
    },
  };
}

async function beginGuest(deps: ServiceDeps, tx: Executor, input: ReconnectInput, tokenHash: string): Promise<Begun> {
  const now = deps.now();
  const found = await findGuestByToken(tx, { tokenHash, userId: input.userId });
  if (found === null) return settled({ type: 'token-invalid' });
  const session = await lockSession(tx, found.sessionId);
  if (session === null || session.state === 'ended') return settled({ type: 'token-invalid' });
  if (session.state === 'ending') return settled({ type: 'stopping' });
  // Read again under the session's lock: guests change only while it is held.
  const guest = await findGuestByToken(tx, { tokenHash, userId: input.userId });
  if (guest === null) return settled({ type: 'token-invalid' });
  if (guest.busyUntil !== null && !isDue(guest.busyUntil, now)) return settled({ type: 'slow-down' });
  const facts = await readLaunchFacts(tx, session.id);
  if (facts === null) return settled({ type: 'token-invalid' });
  const busyUntil = busyMark(deps, now);
  await saveGuest(tx, { ...guest, busyUntil });
  const peer = {
    userId: input.userId,
    role: guest.role,
    seat: guest.seat,
    clientSession: input.clientSession,
    reconnectToken: input.token,
  };
  return {
    type: 'plan',
    plan: { requestId: input.requestId, session, facts, peer, guest: { isNew: false }, busyUntil },
  };
}
