import type { HeartbeatReply, HeartbeatRequest, Role, StreamProfile, StreamPushState } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { X11Display } from '../../x11/display.js';

/** Media that `game_op pause` can stop for one peer. */
export type PausableMedia = 'audio' | 'video' | 'all';

/** Size and origin of the streamed screen in remote pixels. */
export interface ScreenGeometry {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

/** What {@link createControl} works with. The display and the stream stay the caller's. */
export interface ControlOptions {
  readonly display: X11Display;
  readonly logger: Logger;
  readonly stream: StreamControl;
  readonly microphone: MicrophoneState;
  /** Wall clock in milliseconds with fraction, the clock of the RTP timestamps. */
  readonly now: () => number;
}

/** Whether the program records the users' voices. */
export interface MicrophoneState {
  readonly inUse: boolean;
  /** Calls `listener` with each change. Returns the way to stop. */
  onChange(listener: () => void): () => void;
}

/** What the channels may ask of the stream. Nothing here blocks; what can fail says so by its result. */
export interface StreamControl {
  /** Asks for an IDR frame; rate-limited by the stream. */
  requestKeyFrame(): void;
  /** A client's wish of `res_mode`, unchecked against the project's limits: the stream clamps it. */
  setStreamProfile(peerId: string, profile: StreamProfile): void;
  /** Resizes the desktop; false when the display or the project does not allow it. Never rejects. */
  setDesktopResolution(width: number, height: number): Promise<boolean>;
  setPaused(peerId: string, media: PausableMedia, paused: boolean): void;
  /** `game_op restart`: asks the agent to start the program again on the same display. */
  requestProgramRestart(peerId: string): void;
  screen(): ScreenGeometry;
  /** Returns the way to stop. */
  onScreenChange(listener: () => void): () => void;
  /** Load of the slot, 0–100. */
  cpuUsagePercent(): number;
  /** Of the session's live push; in every reply to a heartbeat. */
  pushState(): StreamPushState;
  /** Every heartbeat of every peer: its liveness and its statistics. @returns what the reply says besides. */
  heartbeat(peerId: string, request: HeartbeatRequest): Pick<HeartbeatReply, 'latency' | 'wish'>;
  /** Cursor mode 2: the pointer is part of the picture. */
  drawCursor(enabled: boolean): void;
}

/** One WebRTC connection as the channels see it. */
export interface ControlPeer {
  readonly peerId: string;
  readonly userId: string;
  readonly role: Role;
  /** 1-based player position; 0 for viewers. */
  readonly seat: number;
  readonly reconnectToken: string;
  /** Its client's microphone is heard. */
  readonly canSpeak: boolean;
  /** Sends text on the newest open channel with this label; false when there is none or it did not take the message. */
  send(label: string, text: string): boolean;
  isOpen(label: string): boolean;
}

/** What the peer tells the channels. None of these throws, whatever the client sent. */
export interface PeerControl {
  /** May be called more than once for one channel. */
  onChannelOpen(label: string): void;
  onMessage(label: string, data: string | Uint8Array): void;
  onChannelClosed(label: string): void;
  /** Tells the client by `hb` to disconnect without reconnecting; sent twice because the channel is lossy. */
  kick(code: number, message: string): void;
  /** Releases every key and button this peer holds. Idempotent. */
  close(): void;
}

/** The data channels of one streamer. */
export interface Control {
  attachPeer(peer: ControlPeer): PeerControl;
  /** Releases all input, stops the cursor watch and gives up the clipboard. The display stays the caller's. */
  close(): Promise<void>;
}
