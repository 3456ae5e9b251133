import type { ChannelLabel } from '@cloudstage/protocol';
import { readCursorImage } from '../channels/cursor-image.js';
import { readHeartbeatReply } from '../channels/heartbeat.js';
import { asFields, type Fields } from '../channels/inbound.js';
import { type RemoteScreen, readScreenState, sameScreen } from '../channels/screen-state.js';
import { readAckEvent, readSvrEvent, type ServerEvent } from '../channels/server-events.js';
import type { Measurements } from './measurements.js';
import type { SessionNotification } from './notifications.js';

/** What a session keeps of the server's messages; absent fields have not changed. */
export interface SessionFacts {
  readonly screen?: RemoteScreen;
  /** For reconnecting without the page. */
  readonly token?: string;
  readonly seat?: number;
}

/** What the reader needs of its session. */
export interface MessageReaderDeps {
  nowMs(): number;
  notify(notification: SessionNotification): void;
  measurements(): Measurements;
  screen(): RemoteScreen | null;
  /** Own user id; '' when the server gave none. */
  userId(): string;
  /** Keeps what the server has told. */
  keep(facts: SessionFacts): void;
  dispatch(
    event:
      | { readonly type: 'activity'; readonly heartbeat: boolean }
      | { readonly type: 'kicked'; readonly code: number; readonly message: string },
  ): void;
  renegotiate(offerSdp: string): void;
}

/** Reader of inbound messages. */
export interface MessageReader {
  /** Handles one message. Unknown and malformed ones are ignored. */
  read(label: ChannelLabel, fields: Fields): void;
}

/** Turns messages of the server into notifications and session events. */
export function createMessageReader(deps: MessageReaderDeps): MessageReader {
  const { notify } = deps;
  let pushState: string | undefined;
  let lastWish: number | null = null;

  function readKm(fields: Fields): void {
    const { screen, cursorShowing, cpu, gpu } = readScreenState(fields);
    const before = deps.screen();
    if (screen !== null && (before === null || !sameScreen(before, screen))) {
      deps.keep({ screen });
      notify({ type: 'screen', screen });
    }
    deps.measurements().setServerLoad(cpu, gpu);
    notify({ type: 'server-event', event: { type: 'cursor-visible', visible: cursorShowing } });
  }

  function readHb(fields: Fields): void {
    const reply = readHeartbeatReply(fields);
    if (reply.token !== null && reply.token !== '') deps.keep({ token: reply.token });
    if (reply.code !== null && reply.code >= 0) {
      deps.dispatch({ type: 'kicked', code: reply.code, message: reply.message });
      return;
    }
    const echo = deps.measurements().heartbeatReply(reply, deps.nowMs());
    const own = reply.userId === null || reply.userId === deps.userId();
    if (echo?.jitter && own) notify({ type: 'jitter', rttMs: echo.rttMs });
    if (reply.restartPlayback !== null && reply.restartPlayback !== lastWish) {
      lastWish = reply.restartPlayback;
      notify({ type: 'restart-playback' });
    }
    if (reply.userId) notify({ type: 'relayed-stats', stats: fields });
    if (reply.pushState !== pushState) {
      pushState = reply.pushState;
      notify({ type: 'push-state', state: reply.pushState });
    }
  }

  function readEvent(event: ServerEvent | null): void {
    if (event === null) return;
    if (event.type === 'offer') {
      deps.renegotiate(event.sdp);
      return;
    }
    if (event.type === 'input-seat') deps.keep({ seat: event.seat });
    notify({ type: 'server-event', event });
  }

  return {
    read(label, fields) {
      notify({ type: 'trace', channel: label, direction: 'in', message: fields });
      deps.dispatch({ type: 'activity', heartbeat: label === 'hb' });
      switch (label) {
        case 'km':
          return readKm(fields);
        case 'hb':
          return readHb(fields);
        case 'ack':
          return readEvent(readAckEvent(asFields(fields.data) ?? {}));
        case 'svr':
          return readEvent(readSvrEvent(fields));
        case 'cd': {
          const image = readCursorImage(fields);
          if (image !== null) notify({ type: 'cursor-image', image });
          return;
        }
        default:
          // `cloud_device` belongs to cloud phones.
          return;
      }
    },
  };
}
