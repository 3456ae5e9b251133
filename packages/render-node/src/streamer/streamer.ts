import { AppError, type StreamSettings } from '@cloudstage/protocol';
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
import { setDesktopSize } from './desktop-size.js';
import { streamerLimits } from './limits.js';
import type { AudioPipeline, EncodedSound } from './media/audio-pipeline.js';
import { checkResolution, parseResolution } from './media/stream-settings.js';
import type { PictureTimes } from './media/video-contract.js';
import type { EncodedPicture } from './media/video-encoder.js';
import type { VideoPipeline } from './media/video-pipeline.js';
import { createOutputs, type Outputs, outputCodec } from './outputs.js';
import { PeerSet } from './peer/peer-set.js';
import { parseOffer } from './peer/sdp-offer.js';
import { toPeerPicture } from './picture-packets.js';
import { streamPushState } from './publish/push-state.js';
import { audioClockRate, rtpTimestamp } from './rtp/rtp-time.js';
import type { TakeConnection } from './socket/server.js';
import { createStreamRate, type StreamRate } from './stream-rate.js';
import { rankCodecs, socketCodec, type VideoCodec } from './video-codec.js';

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
  readonly #rate: StreamRate;

  constructor(deps: StreamerDeps) {
    this.#deps = deps;
    this.#video = deps.createVideo({
      onPicture: (pictures, times) => this.#onPictures(pictures, times),
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
        this.#rate.update();
      },
      onKeyFrameNeeded: () => this.#video.requestKeyFrame(false),
      isWithdrawn: (codec) => this.#video.codecFailures.isWithdrawn(codec),
      onTargetChanged: () => this.#rate.update(),
      onResumed: () => {
        this.#updateRunning();
        this.#video.requestKeyFrame(true);
      },
    });
    this.#rate = createStreamRate({
      configure: (settings) => this.#video.configure(settings),
      pathBps: () => this.#peers.allocatedBps(),
      setRange: (range) => this.#peers.setBitrateRange(range),
      screenSize: () => this.#video.source.size(),
      keepsSize: () => this.#peers.keepsSize(),
      onLadder: (from, to) => deps.logger.info({ from, to }, 'frame rate and size follow machine and path'),
      nowMs: () => performance.now(),
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
        picture: this.#rate.picture,
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
    if (isNew) this.#rate.reset();
    this.#rate.setProfile(settings, null);
    if (isNew) this.#updateCodecs(this.#rank(settings, null).slice(0, 1));
    // Not awaited: the program starts and the answer travels meanwhile.
    void this.#video.prepare();
    this.#updateRunning();
    return null;
  }

  #rank(
    { disabledVideoCodecs }: StreamSettings,
    preferredCodecList: readonly string[] | null | undefined,
    running: readonly VideoCodec[] = [],
  ): VideoCodec[] {
    const offered = this.#video.codecFailures.offer(this.#deps.codecs);
    return rankCodecs({ preferredCodecList, disabledVideoCodecs, running, ...offered });
  }

  async #addPeer(params: AddPeerParams): Promise<AddPeerResult> {
    const session = this.#session;
    if (!session) throw notConfigured();
    const { clientSession, role, userId } = params;
    const running = this.#peers.codecs(userId);
    const ranking = this.#rank(session.settings, clientSession.preferredCodecList, running);
    const offer = parseOffer(clientSession.sdp, ranking);
    this.#peers.takeOver(userId, role);
    this.#updateCodecs([offer.videoCodec]);
    if (role === 'Player' && !this.#peers.hasPlayerBesides(userId)) {
      const wanted = parseResolution(clientSession.desktopResolution);
      if (wanted) await setDesktopSize(this.#deps, wanted.width, wanted.height);
      if (clientSession.streamProfile) this.#rate.setProfile(session.settings, clientSession.streamProfile);
      // Another size or frame rate takes another encoder.
      void this.#video.prepare();
    }
    const { publicAddresses, udpPort, tcpPort } = session.media;
    const { sdp, transport, socketToken } = await this.#peers.add(params, {
      offer,
      loopbackAddress: this.#deps.loopbackAddress,
      candidates: { addresses: publicAddresses, udpPort, tcpPort },
      bitrate: this.#rate.range(),
      socketCodec: socketCodec([offer.videoCodec, ...ranking]),
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
      videoMimeType: `video/${offer.videoCodec}`,
      audioMimeType: 'audio/opus',
      screenConfig: { width, height, orientation: 'landscape', degree: '0_degree' },
    };
  }

  /** Lets a client's WebSocket in; null for a token that is unknown, used or too old. */
  claimSocket(token: string): TakeConnection | null {
    return this.#peers.claimSocket(token, this.#rate.range());
  }

  async #closeSession(code: number, message: string): Promise<null> {
    this.#session = null;
    await Promise.all([this.#outputs.stop(), this.#peers.kickAll(code, message, 'session-closed')]);
    this.#updateRunning();
    return null;
  }

  #onPictures(pictures: readonly EncodedPicture[], made: PictureTimes): void {
    this.#peers.latency.addPicture(made);
    this.#rate.onPictures(pictures, made);
    for (const picture of pictures) {
      this.#outputs.onPicture(picture);
      this.#peers.sendVideo(toPeerPicture(picture, made, this.#deps.clock));
    }
  }

  #onSound({ data, timeUs, talkSpurtStart }: EncodedSound): void {
    this.#peers.sendAudio(data, rtpTimestamp(timeUs, audioClockRate), timeUs, talkSpurtStart);
  }

  /** Nothing is captured, recorded or encoded without somebody who receives it. */
  #updateRunning(): void {
    const wanted = this.#peers.wanted();
    const hasOutput = this.#outputs.active();
    this.#updateCodecs();
    if (wanted.video || hasOutput) this.#video.start();
    else this.#video.stop();
    if (wanted.audio || hasOutput) this.#audio.start({ withoutGaps: hasOutput });
    else this.#audio.stop();
  }

  /** `joining`: of a client that is on its way. */
  #updateCodecs(joining: readonly VideoCodec[] = []): void {
    const outputs = this.#outputs.active() ? [outputCodec] : [];
    this.#video.setCodecs([...new Set([...this.#peers.codecs(), ...joining, ...outputs])]);
  }

  #onResize(): void {
    this.#video.onResize();
    for (const listener of [...this.#screenListeners]) listener();
  }

  #streamControl(): StreamControl {
    return {
      requestKeyFrame: () => this.#video.requestKeyFrame(false),
      setStreamProfile: (peerId, profile) => {
        if (this.#session && this.#peers.isPlayer(peerId)) this.#rate.setProfile(this.#session.settings, profile);
      },
      setDesktopResolution: (width, height) => setDesktopSize(this.#deps, width, height),
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
    this.#rate.tick();
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
