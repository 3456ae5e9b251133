import type { ServerSession } from '@cloudstage/protocol';
import { findGuest, listGuests, saveGuest } from '../../db/guests.js';
import { type LaunchFacts, readLaunchFacts } from '../../db/launch.js';
import type { Executor, GuestRow, SessionRow } from '../../db/schema.js';
import { lockLiveSession } from '../../db/sessions.js';
import { isDue } from '../../domain/deadlines.js';
import { runSettingsOf } from '../../domain/run-settings.js';
import { decideSeat } from '../../domain/seats.js';
import { buildWaitingServerSession } from '../../domain/server-session.js';
import type { Caller, CreateSessionInput, CreateSessionOutcome } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import { createReconnectToken, hashToken } from '../ids.js';
import { type Begun, busyMark, settled } from './begin-connect.js';
import type { ConnectPeer } from './connect-peer.js';
import { closeGuestPeer, findGuestPeer, recordGuest } from './remove-guest.js';

/** Connects a guest to the host's session. */
export type JoinSession = (caller: Caller, input: CreateSessionInput) => Promise<CreateSessionOutcome>;

/** Use case CreateSession with another user's HostUserId: a guest needs no slot of its own, only a seat. */
export function createJoinSession(deps: ServiceDeps, connectPeer: ConnectPeer): JoinSession {
  return async (caller, input) => {
    const key = { accountId: caller.accountId, userId: input.userId };
    const former = await findGuestPeer(deps.database.executor, key);
    const begun = await deps.database.transaction((tx) => begin(deps, tx, caller, input));
    if (begun.type === 'plan' && former !== null && former.sessionId !== begun.plan.session.id) {
      // A user is the guest of one session: the stream of the former one ends.
      deps.background.run('peer.remove', async () => void (await closeGuestPeer(deps, former)));
    }
    return begun.type === 'plan' ? connectPeer(begun.plan) : begun.outcome;
  };
}

function waitingSession(
  deps: ServiceDeps,
  caller: Caller,
  session: SessionRow,
  facts: LaunchFacts,
  guest: Pick<GuestRow, 'userId' | 'role' | 'seat'>,
): ServerSession {
  const { width, height } = (session.runSettings ?? runSettingsOf(facts)).stream;
  return buildWaitingServerSession({
    ...guest,
    width,
    height,
    requestId: caller.requestId,
    accountNumber: facts.accountNumber,
    applicationId: session.applicationId,
    sessionId: session.id,
    region: facts.region,
    concurrencyType: facts.concurrencyType,
    version: deps.version,
  });
}

async function begin(deps: ServiceDeps, tx: Executor, caller: Caller, input: CreateSessionInput): Promise<Begun> {
  const now = deps.now();
  const key = { accountId: caller.accountId, userId: input.userId };
  const session = await lockLiveSession(tx, { accountId: caller.accountId, userId: input.hostUserId });
  if (session === null) return settled({ type: 'host-session-not-found' });
  if (session.state === 'ending') return settled({ type: 'stopping' });
  if (input.clientSession === null) return settled({ type: 'offer-invalid', message: 'a guest needs a ClientSession' });
  const existing = await findGuest(tx, key);
  if (existing !== null && existing.busyUntil !== null && !isDue(existing.busyUntil, now)) {
    return settled({ type: 'slow-down' });
  }
  const role = input.role ?? 'Player';
  const seat = decideSeat(await listGuests(tx, session.id), { userId: input.userId, role }, deps.settings);
  if (seat.type === 'full') return settled({ type: 'role-limit' });
  const facts = await readLaunchFacts(tx, session.id);
  if (facts === null) return settled({ type: 'failed', message: 'the project or application is gone' });
  // A guest cannot start the host's program: until it runs, the guest has no seat either.
  if (session.launchedAt === null || session.state === 'reserved') {
    const guest = { userId: input.userId, role, seat: seat.seat };
    return settled({ type: 'waiting-for-host', serverSession: waitingSession(deps, caller, session, facts, guest) });
  }
  const reconnectToken = createReconnectToken();
  const busyUntil = busyMark(deps, now);
  await saveGuest(tx, {
    ...key,
    sessionId: session.id,
    role,
    seat: seat.seat,
    busyUntil,
    reconnectTokenHash: hashToken(reconnectToken),
    createdAt: now,
  });
  const peer = {
    userId: input.userId,
    role,
    seat: seat.seat,
    clientSession: input.clientSession,
    reconnectToken,
  };
  const guest = { isNew: existing === null || existing.sessionId !== session.id };
  if (guest.isNew) await recordGuest(tx, session, { type: 'guest-joined', userId: input.userId, at: now });
  return { type: 'plan', plan: { requestId: caller.requestId, session, facts, peer, guest, busyUntil } };
}
