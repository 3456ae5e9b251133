import { AppError, type StreamProfile, type StreamSettings } from '@cloudstage/protocol';
import type { RpcHandlers } from '../links/rpc.js';
import type {
  AddPeerParams,
  AddPeerResult,
  ConfigureParams,
  MediaEndpoint,
  StreamerMethods,
  StreamerStats,
} from '../links/streamer-link.js';
import type { Control, StreamControl } from './control/contract.js';
import type { StreamerDeps } from './deps.js';
import { streamerLimits } from './limits.js';
import type { AudioPipeline, EncodedSound } from './media/audio-pipeline.js';
import { mediaLimits } from './media/limits.js';
import { createRateFollower } from './media/rate-control.js';
import {
  checkResolution,
  type EffectiveSettings,
  effectiveSettings,
  parseResolution,
  restSettings,
  startBitrateBps,
} from './media/stream-settings.js';
import type { EncodedPicture } from './media/video-encoder.js';
import type { PictureTimes, VideoPipeline } from './media/video-pipeline.js';
import { createOutputs, type Outputs } from './outputs.js';
import { PeerSet } from './peer/peer-set.js';
import { parseOffer } from './peer/sdp-offer.js';
import { streamPushState } from './publish/push-state.js';
import { packetizeH264 } from './rtp/h264-packetizer.js';
import { rtpLimits } from './rtp/limits.js';
import { audioClockRate, rtpTimestamp, videoClockRate } from './rtp/rtp-time.js';
import type { TakeConnection } from './socket/server.js';

const notConfigured = () => new AppError('not-configured', 'the streamer has no session yet');

interface Session {
  readonly sessionId: string;
  readonly settings: StreamSettings;
  readonly media: MediaEndpoint;
  readonly recordingDirectory: string | null;
}

/**
 * The streamer of one slot: one encode of the screen and its sound, fanned out to the peers of one session at a time.
 * Serves {@link StreamerMethods}. {@link close} ends everything; the display stays the caller's.
 */
export class Streamer {
  readonly #deps: StreamerDeps;
  readonly #video: VideoPipeline;
  readonly #audio: AudioPipeline;
  readonly #outputs: Outputs;
  readonly #control: Control;
  readonly #peers: PeerSet;
  readonly #screenListeners = new Set<() => void>();
  readonly #ticker: NodeJS.Timeout;
  readonly #stopScreen: () => void;
  #session: Session | null = null;
  #effective: EffectiveSettings = restSettings;
  readonly #rate = createRateFollower(mediaLimits);

  constructor(deps: StreamerDeps) {
    this.#deps = deps;
    this.#video = deps.createVideo({
      onPicture: (picture, times) => this.#onPicture(picture, times),
      shouldHold: () => this.#peers.shouldHold(),
    });
    this.#audio = deps.createAudio(
      (sound) => this.#onSound(sound),
      (sound) => this.#outputs.onSound(sound),
    );
    this.#outputs = createOutputs(deps, {
      requestKeyFrame: (urgent) => this.#video.requestKeyFrame(urgent),
      refreshPicture: () => this.#video.refresh(),
      onPushState: (state, message) => {
        if (this.#session) deps.emit('publish.state', { sessionId: this.#session.sessionId, state, message });
        this.#updateRunning();
      },
    });
    this.#control = deps.createControl(this.#streamControl());
    this.#peers = new PeerSet(deps, this.#control, {
      onConnected: () => {
        this.#updateRunning();
        this.#video.requestKeyFrame(true);
      },
      onVoice: (peerId, packet) => deps.microphone.onPacket(peerId, packet),
      onClosed: (peerId) => {
        deps.microphone.remove(peerId);
        this.#updateRunning();
        this.#updateBitrate();
      },
      onKeyFrameNeeded: () => this.#video.requestKeyFrame(false),
      onTargetChanged: () => this.#updateBitrate(),
      onResumed: () => {
        this.#updateRunning();
        this.#video.requestKeyFrame(true);
      },
    });
    this.#stopScreen = deps.display.onScreenChange(() => this.#onResize());
    this.#ticker = setInterval(() => this.#tick(), streamerLimits.livenessTickMs);
  }

  /** Opens what can be opened before the first session. @throws AppError `encoder-failed` */
  prepare(): Promise<void> {
    return this.#audio.prepare();
  }

  /** Methods of the link. */
  handlers(): RpcHandlers<StreamerMethods> {
    return {
      'stream.configure': (params) => this.#configure(params),
      'peer.add': (params) => this.#addPeer(params),
      'peer.remove': async ({ userId, code, message }) => {
        await this.#peers.kickUser(userId, code, message);
        return null;
      },
      'publish.start': ({ url }) => {
        if (!this.#session) throw notConfigured();
        this.#outputs.push.start(url, this.#session.settings.publishKeyFrameIntervalMs);
        return null;
      },
      'publish.stop': () => this.#outputs.push.stop().then(() => null),
      'session.close': ({ code, message }) => this.#closeSession(code, message),
      'stream.describe': () => ({
        sessionId: this.#session?.sessionId ?? null,
        stats: this.#stats(),
        publish: this.#outputs.push.state,
        latency: this.#peers.latency.report(),
        peers: this.#peers.describe(),
      }),
    };
  }

  async #configure({ sessionId, settings, window, media, recordingDirectory }: ConfigureParams): Promise<null> {
    const size = checkResolution(settings.width, settings.height);
    if (!size) throw new AppError('settings-invalid', `${settings.width}×${settings.height} is no usable screen size`);
    const isNew = this.#session?.sessionId !== sessionId;
    if (isNew && this.#session) await Promise.all([this.#outputs.stop(), this.#peers.closeAll('session-closed')]);
    this.#session = { sessionId, settings, media, recordingDirectory };
    if (isNew) await this.#deps.display.setScreenSize(size.width, size.height);
    this.#deps.mainWindow.follow(window);
    this.#outputs.begin(settings);
    this.#applyProfile(null);
    // Not awaited: the program starts and the answer travels meanwhile.
    void this.#video.prepare();
    this.#updateRunning();
    return null;
  }

  #applyProfile(wish: StreamProfile | null | undefined): void {
    if (!this.#session) return;
    this.#effective = effectiveSettings(this.#session.settings, wish);
    this.#peers.setBitrateRange(this.#congestionRange());
    this.#rate.reset();
    this.#updateBitrate();
  }

  #congestionRange() {
    const { minBitrateBps, maxBitrateBps } = this.#effective;
    return { minBitrateBps, maxBitrateBps, startBitrateBps };
  }

  async #addPeer(params: AddPeerParams): Promise<AddPeerResult> {
    const session = this.#session;
    if (!session) throw notConfigured();
    const { clientSession, role } = params;
    const offer = parseOffer(clientSession.sdp, session.settings.disabledVideoCodecs);
    this.#peers.takeOver(params.userId, role);
    if (role === 'Player' && !this.#peers.hasPlayerBesides(params.userId)) {
      const wanted = parseResolution(clientSession.desktopResolution);
      if (wanted) await this.#setDesktopResolution(wanted.width, wanted.height);
      if (clientSession.streamProfile) this.#applyProfile(clientSession.streamProfile);
      // Another size or frame rate takes another encoder.
      void this.#video.prepare();
    }
    const { publicAddresses, udpPort, tcpPort } = session.media;
    const { sdp, transport, socketToken } = await this.#peers.add(params, {
      offer,
      loopbackAddress: this.#deps.loopbackAddress,
      candidates: { addresses: publicAddresses, udpPort, tcpPort },
      bitrate: this.#congestionRange(),
    });
    // A program that waits for its first user is nobody's session yet.
    if (session.recordingDirectory !== null) this.#outputs.recording.start(session.recordingDirectory);
    this.#updateRunning();
    const { width, height } = this.#video.source.size();
    return {
      sdp,
      iceUfrag: transport.iceUfrag,
      icePwd: transport.icePwd,
      loopbackAddress: this.#deps.loopbackAddress,
      loopbackPort: transport.port,
      socketToken,
      videoMimeType: 'video/H264',
      audioMimeType: 'audio/opus',
      screenConfig: { width, height, orientation: 'landscape', degree: '0_degree' },
    };
  }

  /** Lets a client's WebSocket in; null for a token that is unknown, used or too old. */
  claimSocket(token: string): TakeConnection | null {
    return this.#peers.claimSocket(token, this.#congestionRange());
  }

  async #closeSession(code: number, message: string): Promise<null> {
    this.#session = null;
    await Promise.all([this.#outputs.stop(), this.#peers.kickAll(code, message, 'session-closed')]);
    this.#updateRunning();
    return null;
  }

  #onPicture(picture: EncodedPicture, made: PictureTimes): void {
    this.#outputs.onPicture(picture);
    this.#peers.latency.addPicture(made);
    const payloads = packetizeH264(picture.data, rtpLimits.payloadBytes);
    const timestamp = rtpTimestamp(picture.captureTimeUs, videoClockRate);
    this.#peers.sendVideo({ ...picture, payloads, timestamp, times: { ...made, packetizedUs: this.#deps.clock() } });
  }

  #onSound({ data, timeUs, talkSpurtStart }: EncodedSound): void {
    this.#peers.sendAudio(data, rtpTimestamp(timeUs, audioClockRate), timeUs, talkSpurtStart);
  }

  /** Nothing is captured or recorded without somebody who receives it. */
  #updateRunning(): void {
    const wanted = this.#peers.wanted();
    const hasOutput = this.#outputs.active();
    if (wanted.video || hasOutput) this.#video.start();
    else this.#video.stop();
    if (wanted.audio || hasOutput) this.#audio.start();
    else this.#audio.stop();
  }

  /** The slowest player decides. */
  #updateBitrate(): void {
    const { fps, minBitrateBps, maxBitrateBps } = this.#effective;
    const path = this.#peers.allocatedBps() ?? Math.min(startBitrateBps, maxBitrateBps);
    const target = Math.min(maxBitrateBps, Math.max(minBitrateBps, path));
    if (this.#rate.follow(target, performance.now())) this.#video.configure({ fps, bitrateBps: target });
  }

  #onResize(): void {
    this.#video.onResize();
    for (const listener of [...this.#screenListeners]) listener();
  }

  async #setDesktopResolution(width: number, height: number): Promise<boolean> {
    const size = checkResolution(width, height);
    if (!size) return false;
    try {
      await this.#deps.display.setScreenSize(size.width, size.height);
      return true;
    } catch (error) {
      this.#deps.logger.info({ err: error, width, height }, 'the desktop could not be resized');
      return false;
    }
  }

  #streamControl(): StreamControl {
    return {
      requestKeyFrame: () => this.#video.requestKeyFrame(false),
      setStreamProfile: (peerId, profile) => {
        if (this.#peers.isPlayer(peerId)) this.#applyProfile(profile);
      },
      setDesktopResolution: (width, height) => this.#setDesktopResolution(width, height),
      setPaused: (peerId, media, paused) => {
        this.#peers.setPaused(peerId, media, paused);
        this.#updateRunning();
      },
      requestProgramRestart: (peerId) => this.#deps.emit('program.restart', { peerId }),
      screen: () => ({ ...this.#deps.display.screenSize(), left: 0, top: 0 }),
      onScreenChange: (listener) => {
        this.#screenListeners.add(listener);
        return () => this.#screenListeners.delete(listener);
      },
      cpuUsagePercent: this.#deps.cpuUsagePercent,
      pushState: () => streamPushState(this.#outputs.push.state),
      heartbeat: (peerId, request) => this.#peers.onHeartbeat(peerId, request),
      drawCursor: (enabled) => this.#deps.drawCursor(this.#video, enabled),
    };
  }

  #tick(): void {
    this.#peers.tick();
    this.#updateBitrate();
  }

  #stats(): StreamerStats {
    const { encodeMsP95: _unreported, ...pictures } = this.#video.stats();
    return { ...pictures, ...this.#peers.stats(), targetBitrateBps: this.#rate.bitrateBps, peers: this.#peers.size };
  }

  /** Closes peers first, then what feeds them. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#ticker);
    this.#stopScreen();
    await Promise.all([this.#outputs.stop(), this.#peers.closeAll('session-closed')]);
    await this.#control.close();
    await this.#video.close();
    this.#audio.close();
  }
}
