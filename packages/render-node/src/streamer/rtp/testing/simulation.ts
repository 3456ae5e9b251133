import { createCongestionController } from '../congestion/gcc-controller.js';
import type { CongestionController, CongestionOptions } from '../congestion.js';
import { createMediaSender, type MediaSender } from '../media-sender.js';
import { createLinkModel, createRandom, type LinkModel, type LinkOptions } from './link-model.js';
import { createReceiverModel, type ReceiverModel, type ReceiverOptions } from './receiver-model.js';
import { createVirtualTime, type VirtualTime } from './virtual-time.js';

/** A stream over the path: the real sender, an encoder that knows only sizes, a receiver. */
export interface FlowOptions extends Partial<ReceiverOptions> {
  readonly range: CongestionOptions;
  readonly fps?: number;
  /** Bits a second that the program's pictures would take; the target caps it. */
  readonly demandBps?: (seconds: number) => number;
  readonly startSeconds?: number;
  readonly seed?: number;
  readonly withRtx?: boolean;
  /** Parity packets are negotiated. */
  readonly withFec?: boolean;
  /** A viewer of a stream at this rate, which others decide; key frames come when it asks. */
  readonly viewerOfBps?: number;
  /** Way back for feedback. */
  readonly reverse?: Partial<LinkOptions>;
}

/** One picture's way. */
export interface PictureLog {
  readonly captureUs: number;
  readonly doneUs: number;
}

/** What a flow did. All lists are in order of time. */
export interface Flow {
  readonly controller: CongestionController;
  readonly sender: MediaSender;
  readonly reverse: LinkModel;
  readonly receiver: ReceiverModel;
  /** Target at each 100 ms from the start of the simulation. */
  readonly targets: number[];
  /** Bits that arrived in each 100 ms, without padding and repetitions. */
  readonly goodputBits: number[];
  readonly pictures: PictureLog[];
  readonly counters: { pictures: number; held: number; keyFrames: number };
}

/** A path with flows on it. */
export interface Simulation {
  readonly time: VirtualTime;
  readonly link: LinkModel;
  addFlow(options: FlowOptions): Flow;
  /** A flow that fills the queue until it loses, as TCP Reno does. @returns its log of bits per 100 ms */
  addReno(startSeconds: number): number[];
  at(seconds: number, callback: () => void): void;
  run(seconds: number): void;
  /** Wait at the bottleneck at each 5 ms. */
  readonly queueMs: number[];
}

const startUs = 1_000_000_000;
const payloadBytes = 1_200;
const headerBytes = 28;

/** Sizes of pictures under a rate control with a buffer of five frames, as the real encoder has. */
function createEncoderModel(fps: number, seed: number) {
  const random = createRandom(seed);
  let fill = 0;
  return (targetBps: number, demandBps: number, keyFrame: boolean): number => {
    const buffer = (targetBps * 5) / fps;
    fill = Math.min(buffer, fill + targetBps / fps);
    const noise = 0.5 + random();
    const wanted = keyFrame ? buffer * 0.8 : (Math.min(demandBps, targetBps) / fps) * noise;
    const bits = Math.max(800, Math.min(wanted, fill));
    fill -= bits;
    return Math.ceil(bits / 8);
  };
}

function payloadsOf(bytes: number) {
  const packets = Math.ceil(bytes / payloadBytes);
  return Array.from({ length: packets }, (_, index) => ({
    parts: [Buffer.alloc(Math.min(payloadBytes, bytes - index * payloadBytes))],
    marker: index === packets - 1,
  }));
}

/** Notes when the last packet of each picture is there. */
function createPictureLog(receiver: ReceiverModel, done: PictureLog[]) {
  const pictureOf = new Map<number, { captureUs: number; missing: number }>();
  receiver.onVideo = (sequenceNumber, nowUs) => {
    const picture = pictureOf.get(sequenceNumber);
    pictureOf.delete(sequenceNumber);
    if (picture && --picture.missing === 0) done.push({ captureUs: picture.captureUs, doneUs: nowUs });
  };
  let next = 0;
  return (packets: number, captureUs: number) => {
    const picture = { captureUs, missing: packets };
    for (let index = 0; index < packets; index++) pictureOf.set((next + index) & 0xffff, picture);
    next = (next + packets) & 0xffff;
  };
}

function startFlow(time: VirtualTime, link: LinkModel, options: FlowOptions): Flow {
  const {
    fps = 60,
    demandBps = () => 1e9,
    startSeconds = 0,
    seed = 1,
    withRtx = true,
    withFec = true,
    viewerOfBps,
  } = options;
  const controller = createCongestionController(options.range);
  const receiver = createReceiverModel({
    videoSsrc: 100,
    rtxSsrc: 101,
    fecSsrc: 102,
    feedbackUs: 60_000,
    clockOffsetUs: 5_000_000,
    clockSkewPpm: 0,
    ...options,
  });
  const reverse = createLinkModel({ delayUs: link.options.delayUs, ...options.reverse }, seed + 77);
  const flow = { targets: [], goodputBits: [], pictures: [], counters: { pictures: 0, held: 0, keyFrames: 0 } };
  const log: Pick<Flow, 'targets' | 'goodputBits' | 'pictures' | 'counters'> = flow;
  let keyFrameWanted = true;
  const sender = createMediaSender(
    {
      send: (_mid, packet) => {
        for (const arrivalUs of link.send(packet.length + headerBytes, time.nowUs)) {
          time.at(arrivalUs, () => receiver.onPacket(packet, time.nowUs));
        }
      },
      nowUs: () => time.nowUs,
      schedule: time.schedule,
      congestion: controller,
      onKeyFrameNeeded: () => {
        keyFrameWanted = true;
      },
      onTargetChanged: () => undefined,
    },
    {
      cname: 'simulation',
      role: viewerOfBps === undefined ? 'player' : 'viewer',
      video: {
        mid: '0',
        ssrc: 100,
        payloadType: 96,
        clockRate: 90_000,
        extensions: { transportWideCc: 1 },
        firstSequenceNumber: 0,
        ...(withFec ? { fec: { ssrc: 102, payloadType: 98 } } : {}),
        ...(withRtx ? { rtx: { ssrc: 101, payloadType: 97 } } : {}),
      },
    },
  );
  const encode = createEncoderModel(fps, seed);
  const onPicture = createPictureLog(receiver, log.pictures);
  const seconds = () => (time.nowUs - startUs) / 1_000_000;
  const makePicture = () => {
    if (viewerOfBps === undefined && sender.isBlocked()) {
      log.counters.held++;
      return;
    }
    const keyFrame = keyFrameWanted;
    keyFrameWanted = false;
    const target = viewerOfBps ?? controller.targetBitrateBps(time.nowUs) * (1 - sender.repairShare());
    const payloads = payloadsOf(encode(target, demandBps(seconds()), keyFrame));
    log.counters.pictures++;
    if (keyFrame) log.counters.keyFrames++;
    const { picturesSkipped } = sender.stats();
    sender.sendVideo({ payloads, timestamp: 0, captureTimeUs: time.nowUs, keyFrame }, viewerOfBps !== undefined);
    // Skipped pictures take no sequence numbers.
    if (sender.stats().picturesSkipped === picturesSkipped) onPicture(payloads.length, time.nowUs);
  };
  time.at(startUs + startSeconds * 1_000_000, () => {
    time.every(1_000_000 / fps, makePicture);
    time.every(1_000_000, sender.tick);
    time.every(5_000, () => {
      for (const datagram of receiver.poll(time.nowUs)) {
        for (const arrivalUs of reverse.send(datagram.length + headerBytes, time.nowUs)) {
          time.at(arrivalUs, () => sender.onRtcp(datagram));
        }
      }
    });
  });
  let bytesBefore = 0;
  time.every(100_000, () => {
    log.targets.push(controller.targetBitrateBps(time.nowUs));
    log.goodputBits.push((receiver.counters.mediaBytes - bytesBefore) * 8);
    bytesBefore = receiver.counters.mediaBytes;
  });
  return { ...log, controller, sender, receiver, reverse };
}

function startReno(time: VirtualTime, link: LinkModel, startSeconds: number): number[] {
  const packetBytes = 1_500;
  const log: number[] = [];
  let window = 10;
  let threshold = Number.POSITIVE_INFINITY;
  let inFlight = 0;
  let ignoreLossUntilUs = 0;
  let bits = 0;
  let rttUs = 100_000;
  const onAck = (sentUs: number) => {
    inFlight--;
    bits += packetBytes * 8;
    rttUs = rttUs * 0.9 + (time.nowUs - sentUs) * 0.1;
    window += window < threshold ? 1 : 1 / window;
    fill();
  };
  const onLoss = () => {
    inFlight--;
    if (time.nowUs > ignoreLossUntilUs) {
      threshold = Math.max(2, window / 2);
      window = threshold;
      ignoreLossUntilUs = time.nowUs + rttUs;
    }
    fill();
  };
  const fill = () => {
    for (; inFlight < window; inFlight++) {
      const sentUs = time.nowUs;
      const [arrivalUs] = link.send(packetBytes, sentUs);
      const lossSeenUs = sentUs + link.queueDelayUs(sentUs) + 2 * link.options.delayUs;
      if (arrivalUs === undefined) time.at(lossSeenUs, onLoss);
      else time.at(arrivalUs + link.options.delayUs, () => onAck(sentUs));
    }
  };
  time.at(startUs + startSeconds * 1_000_000, fill);
  time.every(100_000, () => {
    log.push(bits);
    bits = 0;
  });
  return log;
}

/** Creates a path without flows, at time 0. */
export function createSimulation(options: Partial<LinkOptions>, seed: number): Simulation {
  const time = createVirtualTime(startUs);
  const link = createLinkModel(options, seed);
  const queueMs: number[] = [];
  time.every(5_000, () => queueMs.push(link.queueDelayUs(time.nowUs) / 1_000));
  return {
    time,
    link,
    queueMs,
    addFlow: (flow) => startFlow(time, link, flow),
    addReno: (startSeconds) => startReno(time, link, startSeconds),
    at: (seconds, callback) => time.at(startUs + seconds * 1_000_000, callback),
    run: (seconds) => time.runUntil(startUs + seconds * 1_000_000),
  };
}
