import type { ClientSession } from '@cloudstage/protocol';
import type { ControlPeer, PausableMedia, PeerControl } from '../control/contract.js';
import type { CommonCodec } from '../video-codec.js';
import type { ChannelListener } from './channels.js';
import { createDismissal, type Dismissal } from './dismissal.js';
import type { PeerIdentity } from './peer-identity.js';
import { createResumes, type Resumes } from './resumes.js';
import type { SessionPeer } from './session-peer.js';

/** A peer with its channels' control, as the set keeps it. */
export interface PeerEntry {
  readonly peer: SessionPeer;
  readonly control: PeerControl;
  readonly reconnectToken: string;
  /** Of pictures on a WebSocket of the same client. */
  readonly socketCodec: CommonCodec;
  readonly paused: { audio: boolean; video: boolean };
  readonly resumes: Resumes;
  readonly dismissal: Dismissal;
}

/** The entry of a new peer, which is not paused. */
export function newEntry<P extends SessionPeer>(
  parts: Omit<PeerEntry, 'peer' | 'paused' | 'resumes' | 'dismissal'> & { readonly peer: P },
): PeerEntry & { readonly peer: P } {
  return { ...parts, paused: { audio: false, video: false }, resumes: createResumes(), dismissal: createDismissal() };
}

/** Pauses media of a peer, or resumes them. @returns whether to make a key frame for it now */
export function pausePeer({ paused, resumes }: PeerEntry, media: PausableMedia, pause: boolean): boolean {
  const isResumed = !pause && paused.video && media !== 'audio';
  if (media !== 'video') paused.audio = pause;
  if (media !== 'audio') paused.video = pause;
  if (paused.video) resumes.cancel();
  return isResumed && resumes.wish(performance.now());
}

/** What the client says of itself that its peer must know. */
export function abilitiesOf({ scalesPicture, speaksOnSocket }: ClientSession) {
  return { scalesPicture: scalesPicture === true, speaksOnSocket: speaksOnSocket === true };
}

/** The peer as its control sees it. It may come into being later than its control, and is deaf until then. */
export function controlPeerOf(
  identity: PeerIdentity,
  reconnectToken: string,
  peer: () => SessionPeer | undefined,
): ControlPeer {
  return {
    ...identity,
    reconnectToken,
    canSpeak: identity.role === 'Player',
    send: (label, text) => peer()?.channels.send(label, text) ?? false,
    isOpen: (label) => peer()?.channels.isOpen(label) ?? false,
  };
}

/** The control as the peer's channels see it. */
export function listenerOf(control: PeerControl): ChannelListener {
  return {
    onOpen: (label) => control.onChannelOpen(label),
    onMessage: (label, data) => control.onMessage(label, data),
    onClosed: (label) => control.onChannelClosed(label),
  };
}

/** Of a client on a WebSocket. */
const noTransport = { iceUfrag: '', icePwd: '', address: '', port: 0 };

/** The peer as the agent must know it. */
export function describePeer(peer: SessionPeer) {
  const { peerId, userId, role } = peer.identity;
  const { iceUfrag, icePwd, address, port } = peer.describe().transport ?? noTransport;
  return {
    ...{ peerId, userId, role, connected: peer.connected, latency: peer.latency.report() },
    ...{ iceUfrag, icePwd, loopbackAddress: address, loopbackPort: port },
  };
}
