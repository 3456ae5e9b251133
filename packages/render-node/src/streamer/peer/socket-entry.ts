import type { Control } from '../control/contract.js';
import type { VoicePacket } from '../media/microphone.js';
import { controlPeerOf, listenerOf, newEntry, type PeerEntry } from './attach.js';
import type { PeerCloseReason } from './peer.js';
import { SocketPeer, type SocketPeerEvents, type SocketPeerOptions } from './socket-peer.js';

/** What a WebSocket's entry is made of. */
export interface SocketEntryParts
  extends Omit<SocketPeerOptions, 'identity' | 'codec'>,
    Pick<SocketPeerEvents, 'onKeyFrameNeeded' | 'onTargetChanged'> {
  readonly control: Control;
  readonly onClosed: (peerId: string, reason: PeerCloseReason) => void;
  readonly onVoice: (peerId: string, packet: VoicePacket) => void;
}

/**
 * Makes the entry of a WebSocket beside its client's WebRTC peer, which is closed when the client chooses the WebSocket. The
 * caller starts the peer.
 */
export function createSocketEntry(
  sibling: PeerEntry,
  parts: SocketEntryParts,
): PeerEntry & { readonly peer: SocketPeer } {
  const { reconnectToken, socketCodec } = sibling;
  const identity = { ...sibling.peer.identity, peerId: `${sibling.peer.identity.peerId}.socket` };
  const { peerId } = identity;
  const holder: { peer?: SocketPeer } = {};
  const controlPeer = controlPeerOf(identity, reconnectToken, () => holder.peer);
  const canSpeak = controlPeer.canSpeak && identity.speaksOnSocket === true;
  const control = parts.control.attachPeer({ ...controlPeer, canSpeak });
  const peer = new SocketPeer(
    {
      onChosen: () => void sibling.peer.close('replaced'),
      onClosed: (reason) => parts.onClosed(peerId, reason),
      onKeyFrameNeeded: parts.onKeyFrameNeeded,
      onTargetChanged: parts.onTargetChanged,
      onVoice: (packet) => parts.onVoice(peerId, packet),
      channels: listenerOf(control),
    },
    { ...parts, identity, codec: socketCodec, logger: parts.logger.child({ peerId }) },
  );
  holder.peer = peer;
  return newEntry({ peer, control, reconnectToken, socketCodec });
}
