import { assertNever } from '@cloudstage/protocol';
import type { CongestionController, PathState, ProbePlan } from './congestion.js';
import { createFeedbackReader } from './feedback.js';
import type { RtpPayload } from './h264-packetizer.js';
import { createKeyFrameWishes, type KeyFrameWishes } from './key-frame-wishes.js';
import { rtpLimits } from './limits.js';
import { createPacer, type Pacer, type PacerDeps } from './pacer.js';
import { createPictureExtras, type PictureTimes } from './picture-extras.js';
import { burstPackets, isBeyondRepair, paddingSpread, spreadOf } from './picture-spread.js';
import { createRepairs, type Repairs } from './repairs.js';
import type { ReportBlock, RtcpEvent } from './rtcp.js';
import type { PlayoutDelay } from './rtp-packet.js';
import { createRtpStream, type OutgoingPacket, type RtpStream, type RtpStreamOptions } from './rtp-stream.js';
import { absSendTime, roundTripMs } from './rtp-time.js';
import type { SenderObserver } from './sender-observer.js';
import { streamReport } from './sender-report.js';
import { createSoundPayloads } from './sound-payloads.js';
import type { PacketArrival } from './transport-feedback.js';

/** What the sender needs from its peer. */
export interface MediaSenderDeps {
  /** Encrypts and sends RTP or RTCP on the track of `mid`; must not throw. */
  readonly send: (mid: string, packet: Buffer) => void;
  /** Server wall clock in microseconds. */
  readonly nowUs: () => number;
  readonly schedule: PacerDeps['schedule'];
  readonly congestion: CongestionController;
  /** PLI, FIR, or a picture that could not be sent: the receiver needs an IDR. */
  readonly onKeyFrameNeeded: () => void;
  /** The path's target bitrate may have changed. */
  readonly onTargetChanged: () => void;
  readonly observer?: SenderObserver;
  /** How long the receiver may hold pictures from now on; at once by default. */
  readonly playoutDelay?: () => PlayoutDelay;
}

/** Negotiated streams of a peer. */
export interface MediaSenderOptions {
  readonly cname: string;
  /** A viewer's path must not cost the player anything: what does not fit is left out for it alone. */
  readonly role: 'player' | 'viewer';
  readonly video: RtpStreamOptions;
  readonly audio?: RtpStreamOptions;
}

/** One picture, already cut into payloads (shared by all peers). */
export interface VideoPicture {
  readonly payloads: readonly RtpPayload[];
  readonly timestamp: number;
  readonly captureTimeUs: number;
  readonly keyFrame: boolean;
  readonly times?: PictureTimes;
}

/** Cumulative numbers of a sender. */
export interface MediaSenderStats {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsRetransmitted: number;
  readonly nacksReceived: number;
  readonly rttMs: number;
  /** Pictures left out because the path was full. */
  readonly picturesSkipped: number;
}

/** RTP side of one peer: numbering, pacing, sender reports, repairs, congestion feedback. */
export interface MediaSender {
  /**
   * Pictures before the first key frame, and after a dropped one, are left out until the next key frame.
   * @param skipWhenBlocked leave the picture out when it would wait: for a peer that must not hold up others
   */
  sendVideo(picture: VideoPicture, skipWhenBlocked: boolean): void;
  sendAudio(payload: Uint8Array, timestamp: number, wallUs: number, talkSpurtStart: boolean): void;
  /** One RTCP datagram from the peer. */
  onRtcp(datagram: Buffer): void;
  /** Sends sender reports when they are due; call about every second. */
  tick(): void;
  /** A picture sent now would wait: for a player it is better not to make one. */
  isBlocked(): boolean;
  stats(): MediaSenderStats;
  path(): PathState;
  /** Share of the target that repairs of losses take: the encoder gets the rest. */
  repairShare(): number;
  close(): void;
}

/** Mutable state of one sender, shared by the functions below. */
interface Context {
  readonly deps: MediaSenderDeps;
  readonly video: RtpStream;
  readonly audio: RtpStream | undefined;
  readonly pacer: Pacer;
  readonly wishes: KeyFrameWishes;
  readonly repairs: Repairs;
  transportSequenceNumber: number;
  lastFirSequence: number | undefined;
  /** What is sent before the next key frame is of no use to the receiver. */
  waitingForKeyFrame: boolean;
  readonly extrasOf: ReturnType<typeof createPictureExtras>;
  readonly stats: { -readonly [K in keyof Omit<MediaSenderStats, 'rttMs'>]: number };
}

function transmit(context: Context, mid: string, outgoing: OutgoingPacket, probeId?: number): void {
  const nowUs = context.deps.nowUs();
  const sequenceNumber = context.transportSequenceNumber;
  context.transportSequenceNumber = (sequenceNumber + 1) & 0xffff;
  outgoing.stamp(sequenceNumber, absSendTime(nowUs), nowUs);
  context.stats.packetsSent++;
  context.stats.bytesSent += outgoing.packet.length;
  if (outgoing.retransmission) context.stats.packetsRetransmitted++;
  if (mid === context.video.options.mid) context.repairs.onSent(outgoing, sequenceNumber, probeId !== undefined, nowUs);
  context.deps.congestion.onSent({ sequenceNumber, bytes: outgoing.packet.length, sentUs: nowUs, probeId });
  context.deps.send(mid, outgoing.packet);
  context.deps.observer?.onPacketSent(sequenceNumber, nowUs);
  if (outgoing.encodedUs !== undefined) context.deps.observer?.onPictureSent(outgoing.encodedUs, nowUs);
}

/** What feedback reports missing is sent again without being asked for. */
function onArrivals(context: Context, arrivals: readonly PacketArrival[]): void {
  const { congestion, nowUs, observer } = context.deps;
  congestion.onFeedback({ type: 'arrivals', arrivals }, nowUs());
  observer?.onArrivals(arrivals, nowUs());
  // The newest repetition is what was lost: none is under way.
  resend(context, context.video, context.repairs.missingOf(arrivals), 0);
}

function onReport(context: Context, block: ReportBlock): void {
  const { congestion, observer, nowUs } = context.deps;
  const { fractionLost, jitter } = block;
  const rttMs = roundTripMs(nowUs(), block.lastSenderReport, block.delaySinceLastSenderReport);
  congestion.onFeedback({ type: 'report', fractionLost, rttMs }, nowUs());
  const jitterMs = (jitter * 1_000) / context.video.options.clockRate;
  observer?.onReport({ fractionLost, jitterMs, rttMs }, nowUs());
}

function onNack(context: Context, mediaSsrc: number, sequenceNumbers: readonly number[]): void {
  const stream = [context.video, context.audio].find((entry) => entry?.options.ssrc === mediaSsrc);
  if (!stream) return;
  context.stats.nacksReceived += sequenceNumbers.length;
  const { congestion, nowUs } = context.deps;
  const missing = sequenceNumbers.filter(stream.remembers).length;
  if (stream === context.video && isBeyondRepair(missing, congestion.targetBitrateBps(nowUs()))) {
    context.waitingForKeyFrame = true;
    stream.forget();
    wishKeyFrame(context);
    return;
  }
  resend(context, stream, sequenceNumbers, congestion.rttMs);
}

/** @param underWayMs a repetition that left less than this ago may still arrive */
function resend(context: Context, stream: RtpStream, sequenceNumbers: readonly number[], underWayMs: number): void {
  const { congestion, nowUs } = context.deps;
  // What was lost by a full queue must not fill it again; the receiver asks again.
  if (congestion.isBlocked(nowUs())) return;
  const packets = sequenceNumbers
    .flatMap((sequenceNumber) => stream.retransmit(sequenceNumber, nowUs() / 1_000, underWayMs))
    .map((outgoing) => () => transmit(context, stream.options.mid, outgoing));
  if (packets.length === 0) return;
  const spread = spreadOf('retransmission', congestion.pacingBitrateBps(), congestion.path().loss);
  context.pacer.enqueue('retransmission', packets, spread);
}

/** Fills a probe up behind the picture that began it. */
function enqueuePadding(context: Context, plan: ProbePlan, pictureBytes: number): void {
  const missing = Math.ceil(Math.max(0, plan.bytes - pictureBytes) / rtpLimits.payloadBytes);
  const send = () => {
    const outgoing = context.video.padding();
    if (outgoing) transmit(context, context.video.options.mid, outgoing, plan.id);
  };
  context.pacer.enqueue('padding', new Array<() => void>(missing).fill(send), paddingSpread(plan.rateBps));
}

function sendPicture(context: Context, picture: VideoPicture): void {
  const { payloads, timestamp, captureTimeUs, keyFrame } = picture;
  const { congestion, nowUs } = context.deps;
  const { mid, rtx, extensions } = context.video.options;
  const packets = context.video.packetize(payloads, timestamp, captureTimeUs, context.extrasOf(picture));
  const path = congestion.path();
  packets.push(...context.video.protect(packets, context.repairs.parityOf(packets.length, path, congestion.rttMs)));
  const pictureBytes = packets.reduce((sum, { packet }) => sum + packet.length, 0);
  const supply = { pictureBytes, padding: rtx !== undefined };
  const plan = extensions.transportWideCc === undefined ? undefined : congestion.takeProbe(nowUs(), supply);
  const paced = packets.map((outgoing) => () => transmit(context, mid, outgoing, plan?.id));
  const rateBps = Math.max(congestion.pacingBitrateBps(), plan?.rateBps ?? 0);
  context.pacer.enqueue('video', paced, spreadOf(keyFrame ? 'key' : 'delta', rateBps, path.loss));
  if (plan && rtx) enqueuePadding(context, plan, pictureBytes);
  if (keyFrame) context.wishes.onKeyFrame(nowUs());
}

function wishKeyFrame({ deps, wishes }: Context): void {
  if (wishes.wish(deps.nowUs(), deps.congestion.rttMs)) deps.onKeyFrameNeeded();
}

/** Whether a picture sent now would wait behind others, here or on the path. */
function isBlocked({ deps, pacer }: Context): boolean {
  return pacer.queued > burstPackets || deps.congestion.isBlocked(deps.nowUs());
}

function onEvent(context: Context, event: RtcpEvent): void {
  const { congestion, nowUs } = context.deps;
  switch (event.type) {
    case 'nack':
      onNack(context, event.mediaSsrc, event.sequenceNumbers);
      break;
    case 'pli':
      wishKeyFrame(context);
      break;
    case 'fir':
      // A FIR is repeated with the same number until an IDR arrives.
      if (event.sequenceNumber !== context.lastFirSequence) wishKeyFrame(context);
      context.lastFirSequence = event.sequenceNumber;
      break;
    case 'transport-feedback':
      onArrivals(context, event.feedback.arrivals);
      break;
    case 'remb':
      congestion.onFeedback({ type: 'remb', bitrateBps: event.bitrateBps }, nowUs());
      break;
    case 'report':
      for (const block of event.blocks) {
        if (block.ssrc === context.video.options.ssrc) onReport(context, block);
      }
      break;
    case 'bye':
      break;
    default:
      assertNever(event, 'RTCP event');
  }
}

/** Creates the sender of one peer; {@link MediaSender.close} drops what is queued. */
export function createMediaSender(deps: MediaSenderDeps, options: MediaSenderOptions): MediaSender {
  const context: Context = {
    deps,
    video: createRtpStream(options.video),
    audio: options.audio && createRtpStream(options.audio),
    pacer: createPacer({ schedule: deps.schedule, nowUs: deps.nowUs }),
    wishes: createKeyFrameWishes(options.role),
    repairs: createRepairs(),
    transportSequenceNumber: 1,
    lastFirSequence: undefined,
    waitingForKeyFrame: true,
    extrasOf: createPictureExtras(deps.playoutDelay),
    stats: { packetsSent: 0, bytesSent: 0, packetsRetransmitted: 0, nacksReceived: 0, picturesSkipped: 0 },
  };
  const feedback = createFeedbackReader();
  const soundPayload = options.audio && createSoundPayloads(options.audio);
  let started = false;
  let lastReportUs = 0;
  let closed = false;
  const sendReports = () => {
    lastReportUs = deps.nowUs();
    for (const stream of [context.video, context.audio]) {
      const report = stream && streamReport(stream, lastReportUs, options.cname);
      if (report) deps.send(stream.options.mid, report);
    }
  };
  return {
    sendVideo: (picture, skipWhenBlocked) => {
      if (closed || (context.waitingForKeyFrame && !picture.keyFrame && !started)) return;
      const fits = context.pacer.accepts(picture.payloads.length) && !(skipWhenBlocked && isBlocked(context));
      if (!fits || (context.waitingForKeyFrame && !picture.keyFrame)) {
        // What follows would refer to a picture that the receiver does not have.
        context.waitingForKeyFrame = true;
        context.stats.picturesSkipped++;
        if (fits || options.role === 'player') wishKeyFrame(context);
        return;
      }
      context.waitingForKeyFrame = false;
      started = true;
      if (picture.keyFrame) context.video.forget();
      sendPicture(context, picture);
      if (lastReportUs === 0) sendReports();
    },
    sendAudio: (payload, timestamp, wallUs, talkSpurtStart) => {
      if (closed || !context.audio || !soundPayload) return;
      const { steadyLoss } = deps.congestion.path();
      const payloads = [soundPayload({ payload, timestamp }, talkSpurtStart, steadyLoss)];
      const packets = context.audio.packetize(payloads, timestamp, wallUs);
      for (const outgoing of packets) transmit(context, context.audio.options.mid, outgoing);
    },
    onRtcp: (datagram) => {
      const events = closed ? [] : feedback.read(datagram, deps.nowUs());
      for (const event of events) onEvent(context, event);
      if (events.length > 0) deps.onTargetChanged();
    },
    tick: () => {
      if (!closed && deps.nowUs() - lastReportUs >= rtpLimits.senderReportIntervalMs * 900) sendReports();
    },
    isBlocked: () => !closed && isBlocked(context),
    path: () => deps.congestion.path(),
    repairShare: () => context.repairs.share,
    stats: () => ({ ...context.stats, rttMs: deps.congestion.rttMs }),
    close: () => {
      closed = true;
      context.pacer.clear();
    },
  };
}
