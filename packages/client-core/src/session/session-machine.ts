import { assertNever } from '@cloudstage/protocol';
import { clientLimits } from '../limits.js';
import { publicStatusCode, readSdkSettings } from './server-config.js';
import type { ServerSessionFields } from './session-codec.js';
import { failAttempt, loseConnection, openPeer, reconnectOutcome, stopEverything } from './session-reconnect.js';
import {
  isBusy,
  type PeerEvent,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  type SessionStep,
  sessionCodes,
} from './session-state.js';

/**
 * Advances a session by one event. PURE: the caller performs the effects in order and reports what comes of them.
 * @see docs/reference/wire-protocol.md "Client states"
 */
export function stepSession(state: SessionState, event: SessionEvent, nowMs: number): SessionStep {
  if ('generation' in event) {
    if (event.generation !== state.generation || !state.peerOpen) return { state, effects: [] };
    return establishIfReady(stepPeer(state, event, nowMs), nowMs);
  }
  switch (event.type) {
    case 'init':
      return init({ ...state, settings: event.settings }, state, nowMs);
    case 'start':
      return start(state, event.outcome, nowMs);
    case 'destroy':
      return event.code === sessionCodes.disconnect.lost
        ? loseConnection(state, event.message, nowMs)
        : stopEverything(state, [{ type: 'disconnect', code: event.code, message: event.message }]);
    case 'reconnect':
      return manualReconnect(state, nowMs);
    case 'poll':
      return establishIfReady(poll(state, nowMs), nowMs);
    case 'user-action':
      return { state: { ...state, lastActionAtMs: nowMs, idleTimes: 0 }, effects: [] };
    case 'game-status':
      return { state: { ...state, playing: event.playing, quietTicks: 0 }, effects: [] };
    default:
      return assertNever(event, 'session event');
  }
}

function init(next: SessionState, current: SessionState, nowMs: number): SessionStep {
  if (isBusy(current)) {
    const message = 'already connected, call destroy() first';
    return { state: current, effects: [{ type: 'init-result', code: sessionCodes.init.busy, message }] };
  }
  const stopped = stopEverything(next, []);
  const opened = openPeer({ ...stopped.state, playing: true }, nowMs);
  return { state: opened.state, effects: [...stopped.effects, ...opened.effects] };
}

function start(state: SessionState, outcome: Extract<SessionEvent, { type: 'start' }>['outcome'], nowMs: number) {
  const fail = (code: number, message: string): SessionStep => ({
    state,
    effects: [{ type: 'connect-fail', code, message }],
  });
  if (state.started) return fail(sessionCodes.connectFail.tooFrequent, 'connect too frequently');
  if (!state.offerReady) return fail(sessionCodes.connectFail.tooFrequent, 'no client session, call init() first');
  if (outcome.kind === 'not-an-object') {
    return fail(sessionCodes.connectFail.invalidServerSession, 'invalid server session');
  }
  if (outcome.kind === 'undecodable' || typeof outcome.session.sdp !== 'string') {
    const message = 'set server description failed, please try again later.';
    return { state, effects: [{ type: 'status', code: sessionCodes.status.failed, message } satisfies SessionEffect] };
  }
  return beginConnecting(state, outcome.session, nowMs);
}

/** Gives a ServerSession to the current peer. */
function beginConnecting(state: SessionState, session: ServerSessionFields, nowMs: number): SessionStep {
  const { connectTimeoutTicks, noflowTicks } = readSdkSettings(session);
  return {
    state: {
      ...state,
      phase: 'connecting',
      started: true,
      connectTicks: 0,
      nextTickAtMs: nowMs + clientLimits.tickMs,
      settings: { ...state.settings, connectTimeoutTicks, noflowTicks },
    },
    effects: [{ type: 'apply-answer', generation: state.generation, session }],
  };
}

function manualReconnect(state: SessionState, nowMs: number): SessionStep {
  const stopped = stopEverything(state, []);
  const opened = openPeer({ ...stopped.state, retry: { failures: 0, dueAtMs: null, deadlineAtMs: null } }, nowMs);
  return { state: opened.state, effects: [...stopped.effects, ...opened.effects] };
}

function stepPeer(state: SessionState, event: PeerEvent, nowMs: number): SessionStep {
  switch (event.type) {
    case 'offer-ready':
      return offerReady(state);
    case 'offer-failed':
      return offerFailed(state, event);
    case 'answer-applied': {
      const code = publicStatusCode(event.code);
      return { state, effects: [{ type: 'status', code, message: event.message }] };
    }
    case 'answer-failed':
      return answerFailed(state, event, nowMs);
    case 'video-track':
      return { state: { ...state, videoTrackAtMs: state.videoTrackAtMs ?? nowMs }, effects: [] };
    case 'media-ready':
      return { state: { ...state, mediaReady: true }, effects: [] };
    case 'channel-open':
      return channelOpen(state, event.label, nowMs);
    case 'channel-closed':
      return state.phase === 'established' && event.label === 'ack'
        ? loseConnection(state, 'the server closed the connection', nowMs)
        : { state, effects: [] };
    case 'ice':
      return iceState(state, event.state, nowMs);
    case 'connection':
      return event.state === 'failed' && state.started
        ? loseConnection(state, event.message ?? 'the connection failed', nowMs)
        : { state, effects: [] };
    case 'activity':
      return {
        state: {
          ...state,
          silentMs: 0,
          activeSinceTick: true,
          quietTicks: 0,
          stallArmed: state.stallArmed || event.heartbeat,
        },
        effects: [],
      };
    case 'kicked':
      return stopEverything(state, [{ type: 'disconnect', code: event.code, message: event.message }]);
    case 'reconnect-outcome':
      return reconnectOutcome(state, event.outcome, nowMs, beginConnecting);
    default:
      return assertNever(event, 'peer event');
  }
}

function offerReady(state: SessionState): SessionStep {
  const next: SessionState = { ...state, offerReady: true };
  if (state.retry === null) {
    return { state: next, effects: [{ type: 'init-result', code: sessionCodes.init.ok, message: 'ok' }] };
  }
  const attempt = state.retry.failures + 1;
  return { state: next, effects: [{ type: 'request-session', generation: state.generation, attempt }] };
}

function offerFailed(
  state: SessionState,
  event: { readonly message: string; readonly noWebrtc: boolean },
): SessionStep {
  const { message } = event;
  const first: SessionEffect = event.noWebrtc
    ? { type: 'status', code: sessionCodes.status.noWebrtc, message: 'your browser without webrtc support' }
    : { type: 'disconnect', code: sessionCodes.disconnect.offerFailed, message };
  return stopEverything(state, [{ type: 'init-result', code: sessionCodes.init.offerFailed, message }, first]);
}

function answerFailed(
  state: SessionState,
  { message, code }: { readonly message: string; readonly code: number },
  nowMs: number,
): SessionStep {
  if (state.retry !== null) return failAttempt(state, message, nowMs);
  return stopEverything(state, [
    { type: 'status', code: sessionCodes.status.failed, message },
    { type: 'connect-fail', code: sessionCodes.connectFail.answerRejected, message: 'setRemoteDescription failed' },
    // TCGSDK tells the code of the ServerSession last: a page learns from it that it has to wait for the host.
    ...(code === 0 ? [] : [{ type: 'status' as const, code: publicStatusCode(code), message }]),
  ]);
}

function channelOpen(state: SessionState, label: string, nowMs: number): SessionStep {
  if (label === 'ack') return { state: { ...state, ackOpen: true }, effects: [] };
  if (label !== 'hb' || state.heartbeatOpen) return { state, effects: [] };
  // The first heartbeat goes out at once: its reply carries the reconnect token and the first clock sample.
  return {
    state: { ...state, heartbeatOpen: true, nextTickAtMs: nowMs + clientLimits.tickMs },
    effects: [{ type: 'tick' }],
  };
}

function iceState(state: SessionState, value: string, nowMs: number): SessionStep {
  if (value === 'connected') return { state, effects: [{ type: 'ice-state', value: 'connected' }] };
  if ((value !== 'disconnected' && value !== 'failed') || !state.started) return { state, effects: [] };
  const lost = loseConnection(state, 'The ICE disconnected, please check the network.', nowMs);
  return { state: lost.state, effects: [{ type: 'ice-state', value: 'disconnected' }, ...lost.effects] };
}

function establishIfReady(step: SessionStep, nowMs: number): SessionStep {
  const { state } = step;
  const ready = state.phase === 'connecting' && state.started && state.ackOpen && state.videoTrackAtMs !== null;
  if (!ready || !state.mediaReady) return step;
  return {
    state: {
      ...state,
      phase: 'established',
      retry: null,
      silentMs: 0,
      quietTicks: 0,
      lastActionAtMs: nowMs,
      idleTimes: 0,
      nextTickAtMs: nowMs + clientLimits.tickMs,
    },
    effects: [...step.effects, { type: 'established' }],
  };
}

function poll(state: SessionState, nowMs: number): SessionStep {
  const silentMs = state.silentMs + Math.min(Math.max(nowMs - state.lastPollAtMs, 0), clientLimits.stallStepMs);
  let next: SessionState = { ...state, lastPollAtMs: nowMs, silentMs };
  const { retry } = next;
  if (retry !== null && retry.dueAtMs !== null && nowMs >= retry.dueAtMs) {
    return openPeer({ ...next, retry: { ...retry, dueAtMs: null } }, nowMs);
  }
  if (!next.peerOpen) return { state: next, effects: [] };
  if (retry !== null && retry.deadlineAtMs !== null && nowMs >= retry.deadlineAtMs) {
    return failAttempt(next, 'no media after the reconnect', nowMs);
  }
  if (next.videoTrackAtMs !== null && nowMs - next.videoTrackAtMs >= clientLimits.metadataWaitMs) {
    next = { ...next, mediaReady: true };
  }
  if (next.phase === 'established' && next.stallArmed && silentMs >= clientLimits.stallMs) {
    return loseConnection(next, `nothing arrived for ${clientLimits.stallMs} ms`, nowMs);
  }
  const idle = checkIdle(next, nowMs);
  if (!next.started || nowMs < next.nextTickAtMs) return idle;
  const ticked = tick(idle.state, nowMs);
  return { state: ticked.state, effects: [...idle.effects, ...ticked.effects] };
}

function checkIdle(state: SessionState, nowMs: number): SessionStep {
  if (state.phase !== 'established') return { state, effects: [] };
  const times = Math.floor((nowMs - state.lastActionAtMs) / state.settings.idleThresholdMs);
  if (times <= state.idleTimes) return { state, effects: [] };
  return { state: { ...state, idleTimes: times }, effects: [{ type: 'idle', times }] };
}

function tick(state: SessionState, nowMs: number): SessionStep {
  // A clock that was asleep must not be caught up with.
  const base: SessionState = {
    ...state,
    nextTickAtMs: Math.max(state.nextTickAtMs, nowMs - clientLimits.tickMs) + clientLimits.tickMs,
    activeSinceTick: false,
  };
  if (base.phase === 'connecting') {
    const connectTicks = base.connectTicks + 1;
    if (connectTicks < base.settings.connectTimeoutTicks) {
      return { state: { ...base, connectTicks }, effects: [{ type: 'tick' }] };
    }
    const lost = loseConnection(base, 'connect timeout, please reconnect', nowMs);
    return { state: lost.state, effects: [{ type: 'noflow', during: 'connecting' }, ...lost.effects] };
  }
  const quietTicks = state.activeSinceTick || !base.playing ? 0 : base.quietTicks + 1;
  if (quietTicks < base.settings.noflowTicks) {
    return { state: { ...base, quietTicks }, effects: [{ type: 'tick' }] };
  }
  return { state: { ...base, quietTicks: 0 }, effects: [{ type: 'noflow', during: 'established' }, { type: 'tick' }] };
}
