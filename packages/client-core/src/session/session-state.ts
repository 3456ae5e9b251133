import { clientLimits } from '../limits.js';
import type { ReconnectOutcome } from './access-info.js';
import type { ServerSessionFields, ServerSessionOutcome } from './session-codec.js';

/** Public life of a connection: the official SDK's states 0, 1 and 2. */
export type SessionPhase = 'disconnected' | 'connecting' | 'established';

/** Page and server settings that steer the machine. */
export interface SessionSettings {
  /** Reconnect by itself after a loss. */
  readonly reconnect: boolean;
  readonly idleThresholdMs: number;
  readonly connectTimeoutTicks: number;
  readonly noflowTicks: number;
}

/** Codes given to the page. */
export const sessionCodes = {
  init: { ok: 0, offerFailed: -1, busy: -2 },
  connectFail: {
    tooFrequent: -1,
    retrying: -2,
    retriesExceeded: -3,
    invalidServerSession: -5,
    answerRejected: -7,
    cannotReconnect: 3,
  },
  disconnect: { offerFailed: -2, lost: -1, closed: 0, takenOver: 1 },
  status: { failed: -1, noWebrtc: 255 },
} as const;

/** A running series of reconnect attempts. */
export interface RetryState {
  readonly failures: number;
  /** When the next attempt begins; null while one is under way. */
  readonly dueAtMs: number | null;
  /** When an answered attempt without media counts as failed. */
  readonly deadlineAtMs: number | null;
}

/** State of one session. Times are the platform's epoch milliseconds. */
export interface SessionState {
  readonly phase: SessionPhase;
  /** Number of the current peer; events of older ones are ignored. */
  readonly generation: number;
  readonly peerOpen: boolean;
  readonly offerReady: boolean;
  /** A ServerSession was given to the current peer. */
  readonly started: boolean;
  readonly videoTrackAtMs: number | null;
  readonly mediaReady: boolean;
  readonly ackOpen: boolean;
  readonly heartbeatOpen: boolean;
  readonly lastPollAtMs: number;
  readonly nextTickAtMs: number;
  readonly connectTicks: number;
  readonly quietTicks: number;
  /** Something arrived since the last tick. */
  readonly activeSinceTick: boolean;
  /** The server answers heartbeats, so silence means loss. */
  readonly stallArmed: boolean;
  readonly silentMs: number;
  readonly retry: RetryState | null;
  readonly lastActionAtMs: number;
  readonly idleTimes: number;
  readonly playing: boolean;
  readonly settings: SessionSettings;
}

/** What happened. Events of a peer carry its generation. */
export type SessionEvent =
  | { readonly type: 'init'; readonly settings: SessionSettings }
  | { readonly type: 'start'; readonly outcome: ServerSessionOutcome }
  | { readonly type: 'destroy'; readonly code: number; readonly message: string }
  | { readonly type: 'reconnect' }
  | { readonly type: 'poll' }
  | { readonly type: 'user-action' }
  | { readonly type: 'game-status'; readonly playing: boolean }
  | PeerEvent;

/** Events of a peer connection. */
export type PeerEvent = { readonly generation: number } & (
  | { readonly type: 'offer-ready' }
  | { readonly type: 'offer-failed'; readonly message: string; readonly noWebrtc: boolean }
  /** `code` and `message` of the ServerSession, which is told to the page whatever it is. */
  | { readonly type: 'answer-applied'; readonly code: number; readonly message: string }
  /** `code` is that of the ServerSession: one that refuses the client carries no usable answer. */
  | { readonly type: 'answer-failed'; readonly message: string; readonly code: number }
  | { readonly type: 'video-track' }
  | { readonly type: 'media-ready' }
  | { readonly type: 'channel-open'; readonly label: string }
  | { readonly type: 'channel-closed'; readonly label: string }
  | { readonly type: 'ice'; readonly state: string }
  | { readonly type: 'connection'; readonly state: string; readonly message?: string | undefined }
  /** Any inbound message or media; `heartbeat` for heartbeat replies. */
  | { readonly type: 'activity'; readonly heartbeat: boolean }
  | { readonly type: 'kicked'; readonly code: number; readonly message: string }
  | { readonly type: 'reconnect-outcome'; readonly outcome: ReconnectOutcome | { readonly kind: 'impossible' } }
);

/** What the caller must do, in order. */
export type SessionEffect =
  | { readonly type: 'create-peer'; readonly generation: number }
  | { readonly type: 'close-peer'; readonly generation: number }
  | { readonly type: 'apply-answer'; readonly generation: number; readonly session: ServerSessionFields }
  /** Ask the page or the given address for a new ServerSession. */
  | { readonly type: 'request-session'; readonly generation: number; readonly attempt: number }
  /** Send a heartbeat, read statistics. */
  | { readonly type: 'tick' }
  | { readonly type: 'established' }
  | { readonly type: 'init-result'; readonly code: number; readonly message: string }
  | { readonly type: 'connect-fail'; readonly code: number; readonly message: string }
  | { readonly type: 'status'; readonly code: number; readonly message: string }
  | { readonly type: 'disconnect'; readonly code: number; readonly message: string }
  | { readonly type: 'noflow'; readonly during: 'connecting' | 'established' }
  | { readonly type: 'idle'; readonly times: number }
  | { readonly type: 'ice-state'; readonly value: 'connected' | 'disconnected' };

/** Result of one step. */
export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** Settings before any init. */
export const defaultSessionSettings: SessionSettings = {
  reconnect: true,
  idleThresholdMs: clientLimits.idleThresholdS * 1000,
  connectTimeoutTicks: clientLimits.connectTimeoutTicks,
  noflowTicks: clientLimits.noflowTicks,
};

/** State before any init. PURE. */
export function initialSessionState(): SessionState {
  return {
    phase: 'disconnected',
    generation: 0,
    retry: null,
    lastActionAtMs: 0,
    idleTimes: 0,
    playing: true,
    settings: defaultSessionSettings,
    ...freshPeer(0),
    peerOpen: false,
  };
}

/** Fields that begin anew with every peer. PURE. */
export function freshPeer(nowMs: number) {
  return {
    peerOpen: true,
    offerReady: false,
    started: false,
    videoTrackAtMs: null,
    mediaReady: false,
    ackOpen: false,
    heartbeatOpen: false,
    lastPollAtMs: nowMs,
    nextTickAtMs: nowMs + clientLimits.tickMs,
    connectTicks: 0,
    quietTicks: 0,
    activeSinceTick: false,
    stallArmed: false,
    silentMs: 0,
  } satisfies Partial<SessionState>;
}

/** The machine needs `poll` events. PURE. */
export function needsClock(state: SessionState): boolean {
  return state.peerOpen || state.retry !== null;
}

/** A connection is up or being set up by `start`: another init would tear it down. PURE. */
export function isBusy(state: SessionState): boolean {
  return state.started && state.phase !== 'disconnected' && state.retry === null;
}
