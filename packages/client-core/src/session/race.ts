import { assertNever } from '@cloudstage/protocol';

/** The race between WebRTC and the WebSocket of one connection. PURE. */
export interface RaceState {
  readonly winner: 'webrtc' | 'socket' | null;
  /** There is an address for a WebSocket and the device can use it. */
  readonly socketPossible: boolean;
  readonly socket: 'none' | 'running' | 'failed';
  readonly iceConnected: boolean;
  readonly webrtcFailed: boolean;
}

/** What happened. */
export type RaceEvent =
  /** The first delay is over: without a connected pair the WebSocket starts. */
  | { readonly type: 'socket-due' }
  /** The second delay is over: it starts unless WebRTC has won. */
  | { readonly type: 'socket-overdue' }
  | { readonly type: 'ice'; readonly state: string }
  /** DTLS is through: media and channels flow. */
  | { readonly type: 'webrtc-connected' }
  | { readonly type: 'webrtc-failed' }
  /** The WebSocket's first picture was decoded. */
  | { readonly type: 'socket-picture' }
  | { readonly type: 'socket-failed' };

/** What the caller must do, in order. */
export type RaceEffect = 'open-socket' | 'close-socket' | 'use-socket' | 'lost';

/** Result of one step. */
export interface RaceStep {
  readonly state: RaceState;
  readonly effects: readonly RaceEffect[];
}

/** State at the moment an answer is given to WebRTC. PURE. */
export function initialRace(socketPossible: boolean): RaceState {
  return { winner: null, socketPossible, socket: 'none', iceConnected: false, webrtcFailed: false };
}

const unchanged = (state: RaceState): RaceStep => ({ state, effects: [] });

function openSocket(state: RaceState): RaceStep {
  if (!state.socketPossible || state.socket !== 'none') return unchanged(state);
  return { state: { ...state, socket: 'running' }, effects: ['open-socket'] };
}

function webrtcFailed(state: RaceState): RaceStep {
  if (state.webrtcFailed) return unchanged(state);
  const failed = { ...state, webrtcFailed: true, iceConnected: false };
  if (state.socket === 'running') return unchanged(failed);
  const opened = openSocket(failed);
  return opened.effects.length > 0 ? opened : { state: failed, effects: ['lost'] };
}

function socketFailed(state: RaceState): RaceStep {
  if (state.socket !== 'running') return unchanged(state);
  const failed: RaceState = { ...state, socket: 'failed' };
  return { state: failed, effects: state.webrtcFailed ? ['lost'] : [] };
}

/**
 * Advances a race by one event; after it is decided nothing happens any more. The first that can play wins: WebRTC with its
 * connection, the WebSocket with a picture. Lost is who has failed on both ways. PURE.
 */
export function stepRace(state: RaceState, event: RaceEvent): RaceStep {
  if (state.winner !== null) return unchanged(state);
  switch (event.type) {
    case 'socket-due':
      return state.iceConnected ? unchanged(state) : openSocket(state);
    case 'socket-overdue':
      return openSocket(state);
    case 'ice':
      if (event.state === 'failed') return webrtcFailed(state);
      return unchanged({ ...state, iceConnected: event.state === 'connected' || event.state === 'completed' });
    case 'webrtc-connected':
      return { state: { ...state, winner: 'webrtc' }, effects: state.socket === 'running' ? ['close-socket'] : [] };
    case 'webrtc-failed':
      return webrtcFailed(state);
    case 'socket-picture':
      return state.socket === 'running'
        ? { state: { ...state, winner: 'socket' }, effects: ['use-socket'] }
        : unchanged(state);
    case 'socket-failed':
      return socketFailed(state);
    default:
      return assertNever(event, 'race event');
  }
}
