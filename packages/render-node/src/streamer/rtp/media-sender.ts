import { assertNever } from '@cloudstage/protocol';
import type { CongestionController } from './congestion.js';
import { createFeedbackReader } from './feedback.js';
import type { RtpPayload } from './h264-packetizer.js';
import { rtpLimits } from './limits.js';
import { createPacer, type PacerDeps } from './pacer.js';
import { buildSenderReport, type RtcpEvent } from './rtcp.js';
import { createRtpStream, type OutgoingPacket, type RtpStream, type RtpStreamOptions } from './rtp-stream.js';
import { absSendTime, roundTripMs } from './rtp-time.js';

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
}

/** Negotiated streams of a peer. */
export interface MediaSenderOptions {
  readonly cname: string;
  readonly video: RtpStreamOptions;
  readonly audio?: RtpStreamOptions;
}

/** One picture, already cut into payloads (shared by all peers). */
export interface VideoPicture {
  readonly payloads: readonly RtpPayload[];
  readonly timestamp: number;
  readonly captureTimeUs: number;
  readonly keyFrame: boolean;
}

/** Cumulative numbers of a sender. */
export interface MediaSenderStats {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsRetransmitted: number;
  readonly nacksReceived: number;
  readonly rttMs: number;
}

/** RTP side of one peer: numbering, pacing, sender reports, retransmission, congestion feedback. */
export interface MediaSender {
  /** Pictures before the first key frame, and after a dropped one, are left out until the next key frame. */
  sendVideo(picture: VideoPicture): void;
  sendAudio(payload: Uint8Array, timestamp: number, wallUs: number, talkSpurtStart: boolean): void;
  /** One RTCP datagram from the peer. */
  onRtcp(datagram: Buffer): void;
  /** Sends sender reports when they are due; call about every second. */
  tick(): void;
  stats(): MediaSenderStats;
  close(): void;
}

/** Longest time over which a picture is spread: P frames stay prompt, an IDR may take most of a frame interval. */
const spreadMs = { delta: 2, key: 10 } as const;

/** Mutable state of one sender, shared by the functions below. */
interface Context {
  readonly deps: MediaSenderDeps;
  readonly cname: string;
  readonly video: RtpStream;
  readonly audio: RtpStream | undefined;
  transportSequenceNumber: number;
  lastFirSequence: number | undefined;
  readonly stats: { packetsSent: number; bytesSent: number; packetsRetransmitted: number; nacksReceived: number };
}

function transmit(context: Context, mid: string, outgoing: OutgoingPacket): void {
  const nowUs = context.deps.nowUs();
  const sequenceNumber = context.transportSequenceNumber;
  context.transportSequenceNumber = (sequenceNumber + 1) & 0xffff;
  outgoing.stamp(sequenceNumber, absSendTime(nowUs));
  context.stats.packetsSent++;
  context.stats.bytesSent += outgoing.packet.length;
  if (outgoing.retransmission) context.stats.packetsRetransmitted++;
  context.deps.congestion.onSent({ sequenceNumber, bytes: outgoing.packet.length, sentUs: nowUs });
  context.deps.send(mid, outgoing.packet);
}

function onNack(context: Context, mediaSsrc: number, sequenceNumbers: readonly number[]): void {
  const stream = [context.video, context.audio].find((entry) => entry?.options.ssrc === mediaSsrc);
  if (!stream) return;
  context.stats.nacksReceived += sequenceNumbers.length;
  for (const sequenceNumber of sequenceNumbers) {
    const outgoing = stream.retransmit(sequenceNumber, context.deps.nowUs() / 1_000, context.deps.congestion.rttMs);
    if (outgoing) transmit(context, stream.options.mid, outgoing);
  }
}

function onEvent(context: Context, event: RtcpEvent): void {
  const { congestion, nowUs, onKeyFrameNeeded } = context.deps;
  switch (event.type) {
    case 'nack':
      onNack(context, event.mediaSsrc, event.sequenceNumbers);
      break;
    case 'pli':
      onKeyFrameNeeded();
      break;
    case 'fir':
      // A FIR is repeated with the same number until an IDR arrives.
      if (event.sequenceNumber !== context.lastFirSequence) onKeyFrameNeeded();
      context.lastFirSequence = event.sequenceNumber;
      break;
    case 'transport-feedback':
      congestion.onFeedback({ type: 'arrivals', arrivals: event.feedback.arrivals }, nowUs());
      break;
    case 'remb':
      congestion.onFeedback({ type: 'remb', bitrateBps: event.bitrateBps }, nowUs());
      break;
    case 'report':
      for (const block of event.blocks) {
        if (block.ssrc !== context.video.options.ssrc) continue;
        const rttMs = roundTripMs(nowUs(), block.lastSenderReport, block.delaySinceLastSenderReport);
        congestion.onFeedback({ type: 'report', fractionLost: block.fractionLost, rttMs }, nowUs());
      }
      break;
    case 'bye':
      break;
    default:
      assertNever(event, 'RTCP event');
  }
}

function sendReport(context: Context, stream: RtpStream): void {
  const { packets, payloadBytes, lastTimestamp, lastTimestampUs } = stream.counters();
  if (packets === 0) return;
  const wallUs = context.deps.nowUs();
  const elapsed = Math.round(((wallUs - lastTimestampUs) / 1_000_000) * stream.options.clockRate);
  const report = buildSenderReport({
    ssrc: stream.options.ssrc,
    wallUs,
    timestamp: (lastTimestamp + elapsed) >>> 0,
    packets,
    payloadBytes,
    cname: context.cname,
  });
  context.deps.send(stream.options.mid, report);
}

/** Creates the sender of one peer; {@link MediaSender.close} drops what is queued. */
export function createMediaSender(deps: MediaSenderDeps, options: MediaSenderOptions): MediaSender {
  const context: Context = {
    deps,
    cname: options.cname,
    video: createRtpStream(options.video),
    audio: options.audio && createRtpStream(options.audio),
    transportSequenceNumber: 1,
    lastFirSequence: undefined,
    stats: { packetsSent: 0, bytesSent: 0, packetsRetransmitted: 0, nacksReceived: 0 },
  };
  const feedback = createFeedbackReader();
  const pacer = createPacer({ schedule: deps.schedule });
  let waitingForKeyFrame = true;
  let lastReportUs = 0;
  let closed = false;
  const sendReports = () => {
    lastReportUs = deps.nowUs();
    sendReport(context, context.video);
    if (context.audio) sendReport(context, context.audio);
  };
  return {
    sendVideo: ({ payloads, timestamp, captureTimeUs, keyFrame }) => {
      if (closed || (waitingForKeyFrame && !keyFrame)) return;
      waitingForKeyFrame = !pacer.accepts(payloads.length);
      if (waitingForKeyFrame) {
        deps.onKeyFrameNeeded();
        return;
      }
      const packets = context.video.packetize(payloads, timestamp, captureTimeUs);
      const paced = packets.map((outgoing) => () => transmit(context, options.video.mid, outgoing));
      pacer.enqueue(paced, keyFrame ? spreadMs.key : spreadMs.delta);
      if (lastReportUs === 0) sendReports();
    },
    sendAudio: (payload, timestamp, wallUs, talkSpurtStart) => {
      if (closed || !context.audio || !options.audio) return;
      const payloads = [{ parts: [payload], marker: talkSpurtStart }];
      for (const outgoing of context.audio.packetize(payloads, timestamp, wallUs)) {
        transmit(context, options.audio.mid, outgoing);
      }
    },
    onRtcp: (datagram) => {
      const events = closed ? [] : feedback.read(datagram, deps.nowUs());
      for (const event of events) onEvent(context, event);
      if (events.length > 0) deps.onTargetChanged();
    },
    tick: () => {
      if (!closed && deps.nowUs() - lastReportUs >= rtpLimits.senderReportIntervalMs * 900) sendReports();
    },
    stats: () => ({ ...context.stats, rttMs: deps.congestion.rttMs }),
    close: () => {
      closed = true;
      pacer.clear();
    },
  };
}
