import { asFields, asNumber, asText, type Fields } from './inbound.js';

/** An event of the server, from `svr` or `ack`, ready for the page. */
export type ServerEvent =
  | { readonly type: 'game-start-complete'; readonly data: Fields }
  | { readonly type: 'game-stopped'; readonly data: Fields }
  | { readonly type: 'archive-load'; readonly data: Fields }
  | { readonly type: 'archive-save'; readonly data: Fields }
  | { readonly type: 'screen-config'; readonly data: Fields }
  | { readonly type: 'input-focus'; readonly data: Fields }
  | { readonly type: 'cursor-visible'; readonly visible: boolean }
  /** Mode 4: position of the server's cursor, remote pixels. */
  | { readonly type: 'cursor-position'; readonly x: number; readonly y: number }
  | { readonly type: 'game-launched'; readonly begin: number | null; readonly finish: number | null }
  | { readonly type: 'input-seat'; readonly seat: number }
  /** The program has begun or ended to record. */
  | { readonly type: 'microphone'; readonly status: 'open' | 'close' }
  | { readonly type: 'open-url'; readonly url: string }
  /** The server renegotiates: `sdp` is its offer. */
  | { readonly type: 'offer'; readonly sdp: string };

/** Maps a `svr` message; null for unknown types and for features this SDK does not have. PURE. */
export function readSvrEvent(message: Fields): ServerEvent | null {
  const data = asFields(message.data) ?? {};
  switch (message.type) {
    case 'game_start_complete':
      return { type: 'game-start-complete', data };
    case 'game_stopped':
      return { type: 'game-stopped', data };
    case 'archive_load_status':
      return { type: 'archive-load', data };
    case 'archive_save_status':
      return { type: 'archive-save', data };
    case 'screen_config_change':
      return { type: 'screen-config', data };
    case 'mic_status':
      return data.status === 'open' || data.status === 'close' ? { type: 'microphone', status: data.status } : null;
    case 'hit_input':
      return { type: 'input-focus', data: { field_type: data.field_type, status: data.status } };
    default:
      return null;
  }
}

/** Maps the `data` of an `ack` message that is an event. PURE. */
export function readAckEvent(data: Fields): ServerEvent | null {
  switch (data.type) {
    case 'cursor_state': {
      const state = asText(data.state);
      return state ? { type: 'cursor-visible', visible: state === 'showing' } : null;
    }
    case 'cursor_pos': {
      const x = asNumber(data.x);
      const y = asNumber(data.y);
      return x === null || y === null ? null : { type: 'cursor-position', x, y };
    }
    case 'game_launched':
      return {
        type: 'game-launched',
        begin: asNumber(data.launch_begin),
        finish: asNumber(data.launch_complete),
      };
    case 'input_seat': {
      const seat = asNumber(data.input_seat);
      return seat === null ? null : { type: 'input-seat', seat };
    }
    case 'open_url': {
      const url = asText(data.url);
      return url === null ? null : { type: 'open-url', url };
    }
    case 'user_update': {
      const sdp = asText(data.sdp);
      return sdp === null ? null : { type: 'offer', sdp };
    }
    default:
      return null;
  }
}
