import type { HeartbeatRequest } from '@cloudstage/protocol';
import type { HeartbeatExtras, PeerLatency } from '../latency/peer-latency.js';
import type { CongestionOptions } from '../rtp/congestion.js';
import type { VideoPicture } from '../rtp/media-sender.js';
import type { VideoCodec } from '../video-codec.js';
import type { PeerChannels } from './channels.js';
import type { Peer, PeerCloseReason } from './peer.js';
import type { PeerIdentity } from './peer-identity.js';

/** One picture for every kind of peer. */
export interface PeerPicture extends VideoPicture {
  readonly codec: VideoCodec;
  /** The whole picture: Annex-B, a VP8 frame, or a temporal unit of AV1. */
  readonly data: Buffer;
}

/** Cumulative numbers of a peer. */
export interface PeerStats {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsRetransmitted: number;
  readonly nacksReceived: number;
  readonly picturesSkipped: number;
}

/** One client's connection, whatever carries it: a {@link Peer} over WebRTC or a SocketPeer over a WebSocket. */
export interface SessionPeer {
  readonly identity: PeerIdentity;
  /** What it was promised; it gets pictures of no other. */
  readonly codec: VideoCodec;
  readonly channels: Pick<PeerChannels, 'send' | 'isOpen'>;
  /** The client can receive media. */
  readonly connected: boolean;
  readonly targetBitrateBps: number;
  /** A picture sent now would wait behind others. */
  readonly blocked: boolean;
  setBitrateRange(range: CongestionOptions): void;
  /** @param skipWhenBlocked leave the picture out when it would wait */
  sendVideo(picture: PeerPicture, skipWhenBlocked: boolean): void;
  /** `timestamp` counts 48 kHz. */
  sendAudio(payload: Uint8Array, timestamp: number, wallUs: number, talkSpurtStart: boolean): void;
  readonly latency: Pick<PeerLatency, 'report' | 'takeTotals'>;
  /** A heartbeat of the client arrived. @returns what the reply says besides. */
  onHeartbeat(request: HeartbeatRequest): HeartbeatExtras;
  /** Looks for signs of a lost client. */
  tick(): void;
  stats(): PeerStats | undefined;
  /** Its WebRTC transport; undefined on a WebSocket. */
  describe(): { readonly transport: ReturnType<Peer['describe']>['transport'] };
  /** Ends the connection. The first reason counts. Idempotent. */
  close(reason: PeerCloseReason): Promise<void>;
}
