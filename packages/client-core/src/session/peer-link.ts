import { type ChannelLabel, channelOptions } from '@cloudstage/protocol';
import { type AckClient, createAckClient } from '../channels/ack-client.js';
import { asFields, asNumber, type Fields, parseInbound } from '../channels/inbound.js';
import { isSupersededByNext } from '../input/raw-event.js';
import { clientLimits } from '../limits.js';
import type { ChannelPort, Platform, StatsEntry } from '../platform.js';

/** What a peer reports. Nothing is reported after {@link PeerLink.close}. */
export interface PeerLinkHandlers {
  onTrack(kind: 'audio' | 'video'): void;
  onIceState(state: string): void;
  /** `message` says why it failed, when the link knows. */
  onConnectionState(state: string, message?: string): void;
  onChannelOpen(label: ChannelLabel): void;
  onChannelClosed(label: ChannelLabel): void;
  /** A parsed message; replies to requests are already settled, their `data` is reported like an event. */
  onMessage(label: ChannelLabel, fields: Fields): void;
}

/** One peer connection with its data channels. */
export interface PeerLink {
  createOffer(): Promise<string>;
  /** `socketUrl` is where a WebSocket may be opened instead, for links that can. */
  applyAnswer(sdp: string, socketUrl?: string): Promise<void>;
  /** Answers an offer of the server over `ack`. Never rejects; a failure is logged and the connection stays as it was. */
  renegotiate(offerSdp: string): Promise<void>;
  getStats(): Promise<readonly StatsEntry[]>;
  /** Sends on one channel. False when it is closed, or too congested for a message of this kind. */
  send(label: ChannelLabel, message: object): boolean;
  readonly ack: AckClient;
  /** Opens a new channel for cursor images, closing the one before. */
  openCursorChannel(): void;
  closeCursorChannel(): void;
  close(): void;
}

const initialChannels = ['km', 'hb', 'ack', 'svr', 'cloud_device'] as const;

/**
 * Opens a peer: five data channels, then one video and one audio transceiver, in the order of the official SDK.
 * @throws what `platform.createPeer` throws.
 */
export function createPeerLink(platform: Platform, handlers: PeerLinkHandlers): PeerLink {
  const channels = new Map<ChannelLabel, ChannelPort>();
  let closed = false;

  const peer = platform.createPeer({
    onTrack: (kind) => {
      if (!closed) handlers.onTrack(kind);
    },
    onIceState: (state) => {
      if (!closed) handlers.onIceState(state);
    },
    onConnectionState: (state) => {
      if (!closed) handlers.onConnectionState(state);
    },
  });
  const ack = createAckClient(platform, () => channels.get('ack') ?? null);

  function onText(label: ChannelLabel, text: string): void {
    const fields = parseInbound(text);
    if (closed || fields === null) return;
    if (label === 'ack') {
      const seq = asNumber(fields.seq);
      if (seq !== null) ack.settle(seq, asFields(fields.data) ?? {});
    }
    handlers.onMessage(label, fields);
  }

  function open(label: ChannelLabel): void {
    const channel = peer.openChannel(label, channelOptions[label], {
      onOpen: () => {
        if (!closed) handlers.onChannelOpen(label);
      },
      onMessage: (text) => onText(label, text),
      onClose: () => {
        // A replaced cursor channel closes by our own will.
        if (!closed && channels.get(label) === channel) handlers.onChannelClosed(label);
      },
    });
    channels.set(label, channel);
  }

  for (const label of initialChannels) open(label);
  peer.addTransceiver('video');
  peer.addTransceiver('audio');

  function closeCursorChannel(): void {
    const channel = channels.get('cd');
    channels.delete('cd');
    channel?.close();
  }

  return {
    createOffer: () => peer.createOffer(),
    applyAnswer: (sdp) => peer.applyAnswer(sdp),
    async renegotiate(offerSdp) {
      try {
        const sdp = await peer.answerOffer(offerSdp);
        await ack.request({ type: 'user_update', sdp });
      } catch (error) {
        platform.log(`renegotiation failed: ${String(error)}`);
      }
    },
    getStats: () => peer.getStats(),
    send(label, message) {
      const channel = channels.get(label);
      const { moveBacklogBytes, channelBacklogBytes } = clientLimits;
      const backlogBytes = isSupersededByNext(message) ? moveBacklogBytes : channelBacklogBytes;
      if (channel === undefined || channel.bufferedBytes() > backlogBytes) return false;
      return channel.send(JSON.stringify(message));
    },
    ack,
    openCursorChannel() {
      closeCursorChannel();
      open('cd');
    },
    closeCursorChannel,
    close() {
      if (closed) return;
      closed = true;
      ack.abandon();
      for (const channel of channels.values()) channel.close();
      channels.clear();
      peer.close();
    },
  };
}
