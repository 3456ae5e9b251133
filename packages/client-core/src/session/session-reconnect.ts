import { assertNever } from '@cloudstage/protocol';
import { clientLimits } from '../limits.js';
import type { ServerSessionFields } from './session-codec.js';
import { decodeServerSession } from './session-codec.js';
import {
  freshPeer,
  type PeerEvent,
  type SessionEffect,
  type SessionState,
  type SessionStep,
  sessionCodes,
} from './session-state.js';

/** Part of the session machine: loss, attempts, giving up. PURE. */

/** Opens the next peer. PURE. */
export function openPeer(state: SessionState, nowMs: number): SessionStep {
  const generation = state.generation + 1;
  return {
    state: { ...state, ...freshPeer(nowMs), generation, phase: 'connecting' },
    effects: [{ type: 'create-peer', generation }],
  };
}

function closePeer(state: SessionState): SessionStep {
  if (!state.peerOpen) return { state, effects: [] };
  return {
    state: { ...state, peerOpen: false, started: false, offerReady: false },
    effects: [{ type: 'close-peer', generation: state.generation }],
  };
}

/** Closes the peer, ends any reconnecting, and then performs `after`. PURE. */
export function stopEverything(state: SessionState, after: readonly SessionEffect[]): SessionStep {
  const closed = closePeer(state);
  return {
    state: { ...closed.state, phase: 'disconnected', retry: null },
    effects: [...closed.effects, ...after],
  };
}

/** The connection broke: tells the page, and begins to reconnect when it may. PURE. */
export function loseConnection(state: SessionState, message: string, nowMs: number): SessionStep {
  if (state.retry !== null) return failAttempt(state, message, nowMs);
  const stopped = stopEverything(state, [{ type: 'disconnect', code: sessionCodes.disconnect.lost, message }]);
  if (!state.settings.reconnect) return stopped;
  const opened = openPeer({ ...stopped.state, retry: { failures: 0, dueAtMs: null, deadlineAtMs: null } }, nowMs);
  return { state: opened.state, effects: [...stopped.effects, ...opened.effects] };
}

/** Delay before the attempt that follows `failures` failed ones; null when there are no more. PURE. */
export function retryDelayMs(failures: number): number | null {
  const quick = clientLimits.quickRetryDelaysMs;
  if (failures <= quick.length) return quick[failures - 1] ?? 0;
  return failures <= quick.length + clientLimits.slowRetries ? clientLimits.slowRetryDelayMs : null;
}

/** One reconnect attempt failed. PURE. */
export function failAttempt(state: SessionState, message: string, nowMs: number): SessionStep {
  const closed = closePeer(state);
  const failures = (state.retry?.failures ?? 0) + 1;
  const delayMs = retryDelayMs(failures);
  if (delayMs === null) {
    const { retriesExceeded } = sessionCodes.connectFail;
    return {
      state: { ...closed.state, phase: 'disconnected', retry: null },
      effects: [...closed.effects, { type: 'connect-fail', code: retriesExceeded, message: 'retries exceeded' }],
    };
  }
  return {
    state: {
      ...closed.state,
      phase: 'disconnected',
      retry: { failures, dueAtMs: nowMs + delayMs, deadlineAtMs: null },
    },
    effects: [...closed.effects, { type: 'connect-fail', code: sessionCodes.connectFail.retrying, message }],
  };
}

/** Handles the reply to a request for a new ServerSession. `connect` gives it to the current peer. PURE. */
export function reconnectOutcome(
  state: SessionState,
  outcome: Extract<PeerEvent, { type: 'reconnect-outcome' }>['outcome'],
  nowMs: number,
  connect: (state: SessionState, session: ServerSessionFields, nowMs: number) => SessionStep,
): SessionStep {
  if (state.retry === null) return { state, effects: [] };
  switch (outcome.kind) {
    case 'retry':
      return failAttempt(state, outcome.message, nowMs);
    case 'refused':
      return stopEverything(state, [{ type: 'connect-fail', code: outcome.code, message: outcome.message }]);
    case 'impossible': {
      const code = sessionCodes.connectFail.cannotReconnect;
      return stopEverything(state, [{ type: 'connect-fail', code, message: 'reconnect failed' }]);
    }
    case 'session': {
      const decoded = decodeServerSession(outcome.serverSession);
      if (decoded.kind !== 'session' || typeof decoded.session.sdp !== 'string') {
        return failAttempt(state, 'the new server session cannot be read', nowMs);
      }
      const deadlineAtMs = nowMs + clientLimits.reconnectEstablishMs;
      return connect({ ...state, retry: { ...state.retry, deadlineAtMs } }, decoded.session, nowMs);
    }
    default:
      return assertNever(outcome, 'reconnect outcome');
  }
}
