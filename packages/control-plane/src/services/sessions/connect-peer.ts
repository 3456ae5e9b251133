import {
  assertNever,
  type ClientSession,
  type ConnectSessionParams,
  invariant,
  isAppError,
  type NodeCommands,
  type NodeRefusalCode,
  type PeerAnswer,
  type Role,
  type SessionEndReason,
  type WindowMatch,
} from '@cloudstage/protocol';
import { clearGuestBusy, deleteGuest } from '../../db/guests.js';
import type { LaunchFacts } from '../../db/launch.js';
import type { SessionRow } from '../../db/schema.js';
import { clearSessionBusy, lockSession } from '../../db/sessions.js';
import { type ConcurrencyScale, clampBitrate, isConcurrencyType } from '../../domain/concurrency-types.js';
import { splitArguments } from '../../domain/program-arguments.js';
import { runSettingsOf } from '../../domain/run-settings.js';
import { buildServerSession } from '../../domain/server-session.js';
import type { SessionEvent } from '../../domain/session-state.js';
import type { CreateSessionOutcome } from '../contract.js';
import type { ServiceDeps, ServiceSettings } from '../deps.js';
import { type SendEndOrder, sendInBackground } from './end-order.js';
import { sessionLogger } from './session-log.js';
import { applySessionEvent, type EndOrder } from './session-transition.js';

/** One client to be connected to a session whose row says that the call is in progress. */
export interface ConnectPlan {
  readonly requestId: string;
  readonly session: SessionRow;
  readonly facts: LaunchFacts;
  /** Null: the program runs without client. */
  readonly peer: {
    readonly userId: string;
    readonly role: Role;
    readonly seat: number;
    readonly clientSession: ClientSession;
    readonly reconnectToken: string;
  } | null;
  /** Not null: the mark of the call is on this guest's row instead of the session's. */
  readonly guest: { readonly isNew: boolean } | null;
  /** Value of the mark, for taking back one's own only. */
  readonly busyUntil: number;
}

/** Commands the node and brings the outcome into the database. */
export type ConnectPeer = (plan: ConnectPlan) => Promise<CreateSessionOutcome>;

type ConnectResult = NodeCommands['session.connect']['result'];

/** What a node's reply means for the session, and for the caller. */
interface Settlement {
  readonly event: SessionEvent;
  readonly outcome: CreateSessionOutcome | { readonly type: 'answered'; readonly answer: PeerAnswer | null };
}

/** Creates the part that CreateSession, guests and reconnecting clients have in common. */
export function createConnectPeer(deps: ServiceDeps, sendEndOrder: SendEndOrder): ConnectPeer {
  return async (plan) => {
    const { event, outcome } = await command(deps, plan);
    const keepGuest = outcome.type === 'answered' || outcome.type === 'timeout';
    const settled = plan.guest === null ? await settle(deps, plan, event) : await settleGuest(deps, plan, keepGuest);
    sendInBackground(deps, sendEndOrder, settled.orders);
    sessionLogger(deps.logger, plan.session).info(
      { requestId: plan.requestId, outcome: outcome.type, endReason: settled.endReason ?? undefined },
      'node was asked to connect a client',
    );
    if (settled.endReason !== null && (outcome.type === 'answered' || outcome.type === 'stopping')) {
      return endedMeanwhile(settled.endReason, settled.exitCode);
    }
    if (outcome.type !== 'answered') return outcome;
    return created(deps, plan, outcome.answer);
  };
}

async function command(deps: ServiceDeps, plan: ConnectPlan): Promise<Settlement> {
  const { session } = plan;
  // A version that is tried before it is online may belong to an application whose program nobody has chosen.
  if (plan.facts.entryPath === null) return refusal('entry-not-found', 'no program is chosen');
  try {
    const result = await deps.nodeLink.call(session.nodeId, 'session.connect', toConnectParams(deps.settings, plan), {
      deadlineMs: deps.settings.connectMs,
    });
    return settlementOf(result);
  } catch (error) {
    if (isAppError(error, 'deadline-exceeded')) {
      return { event: { type: 'connect-unsettled' }, outcome: { type: 'timeout' } };
    }
    if (isAppError(error, 'node-unreachable')) {
      return { event: { type: 'launch-failed' }, outcome: { type: 'node-unreachable' } };
    }
    await takeBackMark(deps, plan);
    throw error;
  }
}

/** Limits of a project's scale. */
function scaleOf(settings: ServiceSettings, concurrencyType: string): ConcurrencyScale {
  invariant(isConcurrencyType(concurrencyType), `"${concurrencyType}" is no type of concurrency`);
  return settings.concurrency.scales[concurrencyType];
}

/** What the node is told to run, and how. */
export function toConnectParams(
  settings: ServiceSettings,
  plan: Pick<ConnectPlan, 'session' | 'facts' | 'peer'>,
): ConnectSessionParams {
  const { session, facts } = plan;
  const scale = scaleOf(settings, facts.concurrencyType);
  const run = session.runSettings ?? runSettingsOf(facts);
  invariant(facts.entryPath !== null, `application ${session.applicationId} has no program to be started`);
  invariant(facts.manifestSha256 !== null, `version ${session.applicationVersionId} has a session but no package`);
  return {
    sessionId: session.id,
    slotIndex: session.slotIndex,
    launch: {
      applicationId: session.applicationId,
      applicationVersionId: session.applicationVersionId,
      package: { manifestSha256: facts.manifestSha256 },
      entryPath: facts.entryPath,
      args: [
        ...facts.applicationArgs,
        ...splitArguments(facts.applicationParameters),
        ...splitArguments(run.parameters),
        ...splitArguments(session.applicationParameters),
      ],
      processNames: facts.processNames,
      window: windowOf(facts),
      limits: { cpuCores: scale.cpuCores, memoryBytes: scale.memoryBytes },
    },
    stream: { ...run.stream, ...clampBitrate(run.stream, scale) },
    peer: plan.peer,
  };
}

/** Null: the whole desktop. An empty title or class is not compared. */
function windowOf({ windowUse, windowName, windowClassName }: LaunchFacts): WindowMatch | null {
  if (windowUse === 'desktop') return null;
  return { name: windowName || null, className: windowClassName || null };
}

function settlementOf(result: ConnectResult): Settlement {
  if (result.ok) return { event: { type: 'launched' }, outcome: { type: 'answered', answer: result.value.answer } };
  return refusal(result.code, result.message);
}

function refusal(code: NodeRefusalCode, message: string): Settlement {
  switch (code) {
    case 'slot-initializing':
      return { event: { type: 'not-ready' }, outcome: { type: 'initializing' } };
    case 'session-ending':
      return { event: { type: 'connect-unsettled' }, outcome: { type: 'stopping' } };
    case 'entry-not-found':
      return { event: { type: 'launch-failed' }, outcome: { type: 'path-not-found', message } };
    // The client may try again with another offer: the reservation, and the program if it runs, are kept.
    case 'offer-invalid':
      return { event: { type: 'connect-unsettled' }, outcome: { type: 'offer-invalid', message } };
    case 'codec-unsupported':
      return { event: { type: 'connect-unsettled' }, outcome: { type: 'codec-unsupported', message } };
    case 'too-many-peers':
      return { event: { type: 'connect-unsettled' }, outcome: { type: 'role-limit' } };
    case 'streamer-unavailable':
      return { event: { type: 'connect-unsettled' }, outcome: { type: 'timeout' } };
    case 'slot-mismatch':
    case 'package-unavailable':
    case 'internal':
      return { event: { type: 'launch-failed' }, outcome: { type: 'failed', message } };
    default:
      return assertNever(code, 'refusal of a node');
  }
}

interface Settled {
  /** Not null: the session has ended or is ending, for this reason. */
  readonly endReason: SessionEndReason | null;
  readonly exitCode: number | null;
  readonly orders: readonly EndOrder[];
}

/** A session that ended while its client was being connected: trying again helps only when the program was not the cause. */
function endedMeanwhile(reason: SessionEndReason, exitCode: number | null): CreateSessionOutcome {
  if (reason !== 'program-exit' && reason !== 'program-crash') return { type: 'stopping' };
  return {
    type: 'failed',
    message: `the program ended while it was being started, exit code ${exitCode ?? 'unknown'}`,
  };
}

async function settle(deps: ServiceDeps, plan: ConnectPlan, event: SessionEvent): Promise<Settled> {
  return deps.database.transaction(async (tx) => {
    const row = await lockSession(tx, plan.session.id);
    invariant(row !== null, `session ${plan.session.id} has vanished`);
    if (row.state === 'ending' || row.state === 'ended') {
      // The session was ended while the node connected the client: the node may have got the commands in either order.
      const reason = row.endReason ?? 'api';
      const order = { nodeId: row.nodeId, slotIndex: row.slotIndex, sessionId: row.id, reason };
      return { endReason: reason, exitCode: row.exitCode, orders: [order] };
    }
    const own = row.busyUntil === plan.busyUntil;
    const context = { now: deps.now(), settings: deps.settings };
    const applied = await applySessionEvent(tx, row, event, context, own ? { busyUntil: null } : {});
    return { ...endOf(applied.row), orders: applied.orders };
  });
}

function endOf(row: SessionRow | null): Omit<Settled, 'orders'> {
  if (row !== null && row.state !== 'ending' && row.state !== 'ended') return { endReason: null, exitCode: null };
  return { endReason: row?.endReason ?? 'api', exitCode: row?.exitCode ?? null };
}

/** A guest changes nothing about the session; one that came for the first time and was refused gives its seat back. */
async function settleGuest(deps: ServiceDeps, plan: ConnectPlan, keep: boolean): Promise<Settled> {
  const key = { accountId: plan.session.accountId, userId: plan.peer?.userId ?? '' };
  return deps.database.transaction(async (tx) => {
    const row = await lockSession(tx, plan.session.id);
    if (!keep && plan.guest?.isNew === true) await deleteGuest(tx, key);
    else await clearGuestBusy(tx, key, plan.busyUntil);
    return { ...endOf(row), orders: [] };
  });
}

async function takeBackMark(deps: ServiceDeps, plan: ConnectPlan): Promise<void> {
  if (plan.guest !== null) await settleGuest(deps, plan, false);
  else await clearSessionBusy(deps.database.executor, plan.session.id, plan.busyUntil);
}

function created(deps: ServiceDeps, plan: ConnectPlan, answer: PeerAnswer | null): CreateSessionOutcome {
  const sessionId = plan.session.id;
  if (plan.peer === null) return { type: 'created', sessionId, serverSession: null };
  if (answer === null) return { type: 'failed', message: 'the node gave no answer to the offer' };
  const imageId = (plan.session.runSettings ?? runSettingsOf(plan.facts)).backgroundImageId;
  const serverSession = buildServerSession({
    answer,
    requestId: plan.requestId,
    userId: plan.peer.userId,
    accountNumber: plan.facts.accountNumber,
    applicationId: plan.session.applicationId,
    sessionId,
    role: plan.peer.role,
    seat: plan.peer.seat,
    region: plan.facts.region,
    concurrencyType: plan.facts.concurrencyType,
    version: deps.version,
    backgroundUrl: imageId === null ? null : deps.imageUrl(imageId),
    mediaSocketUrl: answer.mediaSocketToken === null ? null : deps.mediaSocketUrl(sessionId, answer.mediaSocketToken),
  });
  return { type: 'created', sessionId, serverSession };
}
