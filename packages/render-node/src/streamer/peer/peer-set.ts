import { AppError, type HeartbeatRequest, type Role } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { AddPeerParams, StreamerEvents } from '../../links/streamer-link.js';
import type { Control, PausableMedia, PeerControl } from '../control/contract.js';
import type { HeartbeatExtras } from '../latency/peer-latency.js';
import { createSourceLatency, type SourceLatency } from '../latency/source-latency.js';
import { streamerLimits } from '../limits.js';
import type { VoicePacket } from '../media/microphone.js';
import type { CongestionOptions } from '../rtp/congestion.js';
import { allocateRate, shouldHold } from '../rtp/rate-allocation.js';
import type { SocketConnection } from '../socket/connection.js';
import { createSocketTokens } from '../socket/tokens.js';
import type { CommonCodec, VideoCodec } from '../video-codec.js';
import { abilitiesOf, controlPeerOf, describePeer, listenerOf, newEntry, type PeerEntry, pausePeer } from './attach.js';
import { Peer, type PeerCloseReason, type PeerOptions } from './peer.js';
import type { LocalTransport } from './sdp-answer.js';
import type { PeerPicture, PeerStats } from './session-peer.js';
import { createSocketEntry } from './socket-entry.js';
import { sumStats } from './sum-stats.js';

/** What the set tells the streamer. */
export interface PeerSetEvents {
  readonly onConnected: () => void;
  readonly onClosed: (peerId: string) => void;
  readonly onKeyFrameNeeded: () => void;
  readonly onTargetChanged: () => void;
  /** A packet of a player's microphone. */
  readonly onVoice: (peerId: string, packet: VoicePacket) => void;
  /** A peer wants pictures again after a pause. */
  readonly onResumed: () => void;
  /** Nobody gets pictures of this codec at the moment: who has it is sent away, to come back for another. */
  readonly isWithdrawn: (codec: VideoCodec) => boolean;
}

/** Services of the process. */
export interface PeerSetDeps {
  readonly clock: () => number;
  readonly logger: Logger;
  readonly emit: <K extends keyof StreamerEvents>(event: K, payload: StreamerEvents[K]) => void;
}

/** `hb` code of a take-over. */
const takenOverCode = 1;

/** Peers of the current session: creation, take-over, liveness, fan-out. */
export class PeerSet {
  readonly #deps: PeerSetDeps;
  readonly #control: Control;
  readonly #events: PeerSetEvents;
  /** What all peers have in common of the latency account; the peers' own parts go through it to the agent. */
  readonly latency: SourceLatency;
  readonly #entries = new Map<string, PeerEntry>();
  /** Peers on their way out: kept so that nothing native is collected before it is closed. */
  readonly #closing = new Set<Promise<void>>();
  #past = sumStats([]);
  /** By id of the WebRTC peer beside which a WebSocket may come. */
  readonly #tokens = createSocketTokens<string>();
  #pending = 0;

  constructor(deps: PeerSetDeps, control: Control, events: PeerSetEvents) {
    this.#deps = deps;
    this.#control = control;
    this.#events = events;
    this.latency = createSourceLatency((totals) => deps.emit('latency.totals', totals));
  }

  /**
   * Creates a peer and its answer.
   * @throws AppError `too-many-peers`, `webrtc-failed`
   */
  async add(
    params: AddPeerParams,
    { socketCodec, ...options }: Omit<PeerOptions, 'identity'> & { readonly socketCodec: CommonCodec },
  ): Promise<{
    readonly sdp: string;
    readonly transport: LocalTransport & { readonly address: string; readonly port: number };
    /** For {@link claimSocket}. */
    readonly socketToken: string;
  }> {
    const { peerId, userId, role, seat, reconnectToken } = params;
    if (this.#entries.size + this.#pending >= streamerLimits.maxPeers) {
      throw new AppError('too-many-peers', `a session has at most ${streamerLimits.maxPeers} clients`);
    }
    if (this.#entries.has(peerId)) throw new AppError('peer-exists', `there is a peer ${peerId} already`);
    this.#pending++;
    try {
      const identity = { peerId, userId, role, seat, ...abilitiesOf(params.clientSession) };
      // Channels cannot open before the answer has reached the client, so the controls are there in time.
      const holder: { peer?: Peer } = {};
      const control = this.#control.attachPeer(controlPeerOf(identity, reconnectToken, () => holder.peer));
      const peer = await this.#create(identity, control, options).catch((error: unknown) => {
        control.close();
        throw error;
      });
      holder.peer = peer;
      this.#entries.set(peerId, newEntry({ peer, control, reconnectToken, socketCodec }));
      const { sdp, transport } = peer.describe();
      if (!transport) throw new AppError('webrtc-failed', 'the peer has no transport');
      return { sdp, transport, socketToken: this.#tokens.issue(peerId, performance.now()) };
    } finally {
      this.#pending--;
    }
  }

  #create(identity: PeerOptions['identity'], control: PeerControl, options: Omit<PeerOptions, 'identity'>) {
    const logger = this.#deps.logger.child({ peerId: identity.peerId });
    return Peer.create(
      { clock: this.#deps.clock, logger, sourceLatency: this.latency.report },
      {
        onConnected: () => {
          this.#report(identity, 'connected', 'connected');
          this.#events.onConnected();
        },
        onClosed: (reason) => this.#onClosed(identity.peerId, reason),
        onKeyFrameNeeded: this.#events.onKeyFrameNeeded,
        onTargetChanged: this.#events.onTargetChanged,
        onVoice: (packet) => this.#events.onVoice(identity.peerId, packet),
        channels: listenerOf(control),
      },
      { ...options, identity },
    );
  }

  /**
   * Uses up a token: the way to take a WebSocket on which the peer's client may play as well, or null. Both connections are
   * of one client and none takes the other over; when the client has chosen the WebSocket, the other is closed.
   */
  claimSocket(token: string, bitrate: CongestionOptions): ((connection: SocketConnection) => void) | null {
    const peerId = this.#tokens.claim(token, performance.now());
    const entry = peerId === undefined ? undefined : this.#entries.get(peerId);
    return entry ? (connection) => this.#addSocket(entry, connection, bitrate) : null;
  }

  #addSocket(sibling: PeerEntry, connection: SocketConnection, bitrate: CongestionOptions): void {
    const entry = createSocketEntry(sibling, {
      ...this.#deps,
      ...this.#events,
      ...{ control: this.#control, connection, bitrate, sourceLatency: this.latency.report },
      onClosed: (peerId, reason) => this.#onClosed(peerId, reason),
    });
    const { identity } = entry.peer;
    this.#entries.set(identity.peerId, entry);
    entry.peer.start();
    if (!entry.peer.connected) return;
    this.#report(identity, 'connected', 'connected');
    this.#events.onConnected();
  }

  #report({ peerId, userId, role }: PeerOptions['identity'], state: 'connected' | 'closed', reason: string): void {
    const iceUfrag = this.#entries.get(peerId)?.peer.describe().transport?.iceUfrag ?? '';
    this.#deps.logger.info({ peerId, userId, role, state, reason }, 'peer state');
    this.#deps.emit('peer.state', { peerId, userId, role, iceUfrag, state, reason });
  }

  #onClosed(peerId: string, reason: PeerCloseReason): void {
    const entry = this.#entries.get(peerId);
    if (!entry) return;
    this.#report(entry.peer.identity, 'closed', reason);
    this.#entries.delete(peerId);
    this.#tokens.withdraw(peerId);
    this.#past = sumStats([this.#past, entry.peer.stats()]);
    this.latency.addTotals(entry.peer.latency.takeTotals());
    entry.control.close();
    const closing = entry.peer.close(reason).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    this.#events.onClosed(peerId);
  }

  /** Tells the same user's older peer of this role to go, and closes it shortly after. */
  takeOver(userId: string, role: Role): void {
    for (const entry of this.#entries.values()) {
      const { identity } = entry.peer;
      if (identity.userId !== userId || identity.role !== role) continue;
      void this.#kick(entry, takenOverCode, 'taken over by another device', 'taken-over');
    }
  }

  async #kick(entry: PeerEntry, code: number, message: string, reason: PeerCloseReason): Promise<void> {
    if (entry.peer.connected) {
      entry.control.kick(code, message);
      await new Promise((resolve) => setTimeout(resolve, streamerLimits.kickLingerMs));
    }
    await entry.peer.close(reason);
  }

  /** Tells a user's clients to go and resolves when they are closed. Nothing to do for an unknown user. */
  async kickUser(userId: string, code: number, message: string): Promise<void> {
    const entries = [...this.#entries.values()].filter(({ peer }) => peer.identity.userId === userId);
    await Promise.all(entries.map((entry) => this.#kick(entry, code, message, 'kicked')));
  }

  /** Tells every client to go and resolves when all are closed. */
  async kickAll(code: number, message: string, reason: PeerCloseReason): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => this.#kick(entry, code, message, reason)));
    this.latency.flush();
    await Promise.all(this.#closing);
  }

  async closeAll(reason: PeerCloseReason): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.peer.close(reason)));
    await Promise.all(this.#closing);
  }

  /** A picture for those who get its codec. */
  sendVideo(picture: PeerPicture): void {
    const receiving = this.#receiving();
    // For a lone player pictures are not made in the first place; what is being encoded now it still gets.
    const players = receiving.filter(({ role }) => role === 'player').length;
    for (const { peer, role } of receiving) {
      if (peer.codec === picture.codec) peer.sendVideo(picture, role === 'viewer' || players > 1);
    }
  }

  /** What peers were promised, but for those of one user. */
  codecs(besidesUserId?: string): VideoCodec[] {
    const peers = [...this.#entries.values()].map(({ peer }) => peer);
    return [...new Set(peers.flatMap(({ identity, codec }) => (identity.userId === besidesUserId ? [] : [codec])))];
  }

  sendAudio(payload: Uint8Array, timestamp: number, wallUs: number, talkSpurtStart: boolean): void {
    for (const { peer, paused } of this.#entries.values()) {
      if (!paused.audio) peer.sendAudio(payload, timestamp, wallUs, talkSpurtStart);
    }
  }

  setPaused(peerId: string, media: PausableMedia, paused: boolean): void {
    const entry = this.#entries.get(peerId);
    if (entry && pausePeer(entry, media, paused)) this.#events.onResumed();
  }

  /** What somebody wants to receive right now. */
  wanted(): { readonly video: boolean; readonly audio: boolean } {
    const connected = [...this.#entries.values()].filter(({ peer }) => peer.connected);
    const wants = (medium: 'video' | 'audio') => connected.some(({ paused }) => !paused[medium]);
    return { video: wants('video'), audio: wants('audio') };
  }

  #receiving() {
    const receiving = [...this.#entries.values()].filter(({ peer, paused }) => peer.connected && !paused.video);
    return receiving.map(
      ({ peer }) => ({ peer, role: peer.identity.role === 'Player' ? 'player' : 'viewer' }) as const,
    );
  }

  /** Rate of the encode that all connected peers share; undefined without peers. */
  allocatedBps(): number | undefined {
    return allocateRate(this.#receiving().map(({ peer, role }) => ({ role, targetBps: peer.targetBitrateBps })));
  }

  /** Whether the next picture had better be made later: the player's path is full. */
  shouldHold(): boolean {
    return shouldHold(this.#receiving().map(({ peer, role }) => ({ role, blocked: peer.blocked })));
  }

  /** Somebody would see a smaller picture smaller. */
  keepsSize(): boolean {
    return this.#receiving().some(({ peer }) => !peer.identity.scalesPicture);
  }

  setBitrateRange(range: CongestionOptions): void {
    for (const { peer } of this.#entries.values()) peer.setBitrateRange(range);
  }

  onHeartbeat(peerId: string, request: HeartbeatRequest): HeartbeatExtras {
    const entry = this.#entries.get(peerId);
    entry?.dismissal.onHeartbeat();
    return entry?.peer.onHeartbeat(request) ?? {};
  }

  isPlayer(peerId: string): boolean {
    return this.#entries.get(peerId)?.peer.identity.role === 'Player';
  }

  /** Whether another user plays: the first player's wishes count, also when the same user comes back. */
  hasPlayerBesides(userId: string): boolean {
    const identities = [...this.#entries.values()].map(({ peer }) => peer.identity);
    return identities.some((identity) => identity.role === 'Player' && identity.userId !== userId);
  }

  get size(): number {
    return this.#entries.size;
  }

  tick(): void {
    const nowMs = performance.now();
    for (const { peer, dismissal, resumes } of [...this.#entries.values()]) {
      peer.tick();
      if (resumes.isDue(nowMs)) this.#events.onResumed();
      const unserved = peer.connected && this.#events.isWithdrawn(peer.codec);
      if (unserved && dismissal.isDue(nowMs)) void peer.close('codec-failed');
    }
    this.latency.tick(nowMs, () => [...this.#entries.values()].map(({ peer }) => peer.latency.takeTotals()));
  }

  /** Cumulative numbers, including peers that are gone. */
  stats(): PeerStats {
    return sumStats([this.#past, ...[...this.#entries.values()].map(({ peer }) => peer.stats())]);
  }

  describe() {
    return [...this.#entries.values()].map(({ peer }) => describePeer(peer));
  }
}
