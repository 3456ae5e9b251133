import type { ClientSession, CursorImageMessage, StreamPushState } from '@cloudstage/protocol';
import type { Fields } from '../channels/inbound.js';
import type { RemoteScreen } from '../channels/screen-state.js';
import type { ServerEvent } from '../channels/server-events.js';
import type { MediaStats, WebrtcStats } from '../stats/reports.js';
import type { ServerSessionFields } from './session-codec.js';
import type { SessionEffect } from './session-state.js';

/** What a session tells its view, in order. */
export type SessionNotification =
  | {
      readonly type: 'init-result';
      readonly code: number;
      readonly message: string;
      readonly description: ClientSession | null;
    }
  | Extract<SessionEffect, { type: 'connect-fail' | 'status' | 'disconnect' | 'noflow' | 'idle' | 'ice-state' }>
  /** A ServerSession is about to be applied: its settings are valid from now on. */
  | { readonly type: 'server-session'; readonly session: ServerSessionFields }
  | { readonly type: 'established'; readonly session: ServerSessionFields }
  /** The peer was closed; tracks are gone. */
  | { readonly type: 'peer-closed' }
  | { readonly type: 'stats'; readonly webrtc: WebrtcStats; readonly media: MediaStats }
  | { readonly type: 'screen'; readonly screen: RemoteScreen }
  | { readonly type: 'video-size'; readonly width: number; readonly height: number }
  /** Presentation lags behind: attaching the picture anew may help. */
  | { readonly type: 'restart-playback' }
  | { readonly type: 'first-frame'; readonly durationMs: number }
  | { readonly type: 'cursor-image'; readonly image: CursorImageMessage }
  | { readonly type: 'server-event'; readonly event: ServerEvent }
  | { readonly type: 'push-state'; readonly state: StreamPushState | undefined }
  /** Another user's statistics, relayed by the server. */
  | { readonly type: 'relayed-stats'; readonly stats: Fields }
  | { readonly type: 'jitter'; readonly rttMs: number }
  | { readonly type: 'network-trouble'; readonly value: number }
  /** For debugging: a message that went over a data channel. */
  | { readonly type: 'trace'; readonly channel: string; readonly direction: 'in' | 'out'; readonly message: object };
