import type { MessageReader } from './message-reader.js';
import type { PeerLinkHandlers } from './peer-link.js';
import type { PeerEvent } from './session-state.js';

/** What a session's link of this generation reports becomes events of the session; messages go to its reader. */
export function linkHandlers(
  generation: number,
  dispatch: (event: PeerEvent) => void,
  reader: MessageReader,
): PeerLinkHandlers {
  return {
    onTrack: (kind) => {
      if (kind === 'video') dispatch({ type: 'video-track', generation });
    },
    onIceState: (state) => dispatch({ type: 'ice', generation, state }),
    onConnectionState: (state, message) => dispatch({ type: 'connection', generation, state, message }),
    onChannelOpen: (label) => dispatch({ type: 'channel-open', generation, label }),
    onChannelClosed: (label) => dispatch({ type: 'channel-closed', generation, label }),
    onMessage: (label, fields) => reader.read(label, fields),
  };
}
