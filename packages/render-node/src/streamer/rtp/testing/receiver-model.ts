import { readParity } from '../flexfec.js';

/** Where the fields of the packets of a simulation stand: one header extension, transport-wide-cc with id 1. */
const transportNumberAt = 17;
const payloadAt = 20;

/** How the receiver of a simulation answers. */
export interface ReceiverOptions {
  readonly videoSsrc: number;
  readonly rtxSsrc: number;
  /** Of parity packets; 0 without. */
  readonly fecSsrc: number;
  /** Between two transport-wide feedbacks: browsers take 50 to 100 ms. */
  readonly feedbackUs: number;
  /** Receiver's clock minus sender's, and how much faster it runs, in millionths. */
  readonly clockOffsetUs: number;
  readonly clockSkewPpm: number;
}

/** A receiver of real RTP packets that answers with real RTCP. */
export interface ReceiverModel {
  onPacket(packet: Buffer, nowUs: number): void;
  /** RTCP datagrams that are due. Call every few milliseconds. */
  poll(nowUs: number): Buffer[];
  readonly counters: {
    readonly mediaBytes: number;
    readonly retransmitted: number;
    readonly unrecovered: number;
    readonly corrected: number;
  };
  /** Called with each number of the video stream that is there, the first time. */
  onVideo: (sequenceNumber: number, nowUs: number) => void;
}

/** As Chromium does while it does not know the round trip. */
const nackEveryUs = 100_000;
const nackTries = 8;

/** @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1. All statuses as two bit symbols. PURE. */
export function buildTransportFeedback(base: number, arrivalsUs: readonly (number | null)[], count: number): Buffer {
  const first = arrivalsUs.find((arrival) => arrival !== null) ?? 0;
  const reference = Math.floor(first / 64_000);
  let units = reference * 256;
  const deltas: number[] = [];
  const symbols = arrivalsUs.map((arrival) => {
    if (arrival === null) return 0;
    const delta = Math.round(arrival / 250) - units;
    units += delta;
    deltas.push(delta);
    return delta >= 0 && delta < 256 ? 1 : 2;
  });
  const bytes: number[] = [];
  for (let at = 0; at < symbols.length; at += 7) {
    const chunk = symbols.slice(at, at + 7).reduce((sum, symbol, index) => sum | (symbol << (12 - index * 2)), 0xc000);
    bytes.push(chunk >> 8, chunk & 0xff);
  }
  for (const delta of deltas) {
    if (delta >= 0 && delta < 256) bytes.push(delta);
    else bytes.push((delta >> 8) & 0xff, delta & 0xff);
  }
  while (bytes.length % 4 !== 0) bytes.push(0);
  const packet = Buffer.alloc(20 + bytes.length);
  packet.writeUInt8(0x8f, 0);
  packet.writeUInt8(205, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt16BE(base & 0xffff, 12);
  packet.writeUInt16BE(symbols.length, 14);
  packet.writeIntBE(reference, 16, 3);
  packet.writeUInt8(count & 0xff, 19);
  packet.set(bytes, 20);
  return packet;
}

function buildNack(ssrc: number, sequenceNumbers: readonly number[]): Buffer {
  const packet = Buffer.alloc(12 + sequenceNumbers.length * 4);
  packet.writeUInt8(0x81, 0);
  packet.writeUInt8(205, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 8);
  for (const [index, number] of sequenceNumbers.entries()) packet.writeUInt16BE(number & 0xffff, 12 + index * 4);
  return packet;
}

/** Answers to sender reports, by which the sender measures the round trip; they say nothing of losses. @see RFC 3550 §6.4.2 */
function createReportAnswers(ssrc: number) {
  let last: { readonly compactNtp: number; readonly atUs: number } | undefined;
  return {
    /** @returns whether it is a sender report */
    add: (packet: Buffer, nowUs: number): boolean => {
      if (packet.readUInt8(1) !== 200) return false;
      last = { compactNtp: packet.readUInt32BE(10), atUs: nowUs };
      return true;
    },
    take: (nowUs: number): Buffer[] => {
      if (!last) return [];
      const packet = Buffer.alloc(32);
      packet.writeUInt8(0x81, 0);
      packet.writeUInt8(201, 1);
      packet.writeUInt16BE(packet.length / 4 - 1, 2);
      packet.writeUInt32BE(ssrc, 8);
      packet.writeUInt32BE(last.compactNtp, 24);
      packet.writeUInt32BE(Math.round(((nowUs - last.atUs) * 65_536) / 1_000_000), 28);
      last = undefined;
      return [packet];
    },
  };
}

/** Numbers of 16 bits counted on over the wrap. */
function createUnwrap() {
  let last: number | undefined;
  return (number: number) => {
    const next = last === undefined ? number : last + (((number - last + 0x8000) & 0xffff) - 0x8000);
    last = Math.max(last ?? next, next);
    return next;
  };
}

/** What was seen on the transport-wide numbers since the last feedback. */
function createFeedbackLog(toReceiverUs: (nowUs: number) => number) {
  const unwrap = createUnwrap();
  const arrivals = new Map<number, number>();
  let nextBase: number | undefined;
  let count = 0;
  return {
    add: (number: number, nowUs: number) => {
      const index = unwrap(number);
      nextBase ??= index;
      arrivals.set(index, toReceiverUs(nowUs));
    },
    take: (): Buffer[] => {
      if (arrivals.size === 0 || nextBase === undefined) return [];
      const numbers = [...arrivals.keys()];
      const base = Math.min(nextBase, ...numbers);
      const end = Math.max(...numbers) + 1;
      const statuses = Array.from({ length: end - base }, (_, index) => arrivals.get(base + index) ?? null);
      arrivals.clear();
      nextBase = end;
      return [buildTransportFeedback(base, statuses, count++)];
    },
  };
}

/** What is missing on the video stream. */
function createNackList(ssrc: number, counters: { unrecovered: number }) {
  const missing = new Map<number, { nextUs: number; tries: number }>();
  let highest: number | undefined;
  return {
    unwrap: createUnwrap(),
    /** @returns whether it is new */
    add: (index: number, nowUs: number): boolean => {
      const expected = (highest ?? index - 1) + 1;
      for (let gap = expected; gap < index && gap > index - 500; gap++) missing.set(gap, { nextUs: nowUs, tries: 0 });
      highest = Math.max(highest ?? index, index);
      return missing.delete(index) || index >= expected;
    },
    take: (nowUs: number): Buffer[] => {
      const due: number[] = [];
      for (const [index, state] of missing) {
        if (state.nextUs > nowUs || due.length >= 100) continue;
        state.nextUs = nowUs + nackEveryUs;
        if (state.tries++ >= nackTries) {
          missing.delete(index);
          counters.unrecovered++;
        } else due.push(index);
      }
      return due.length > 0 ? [buildNack(ssrc, due)] : [];
    },
  };
}

/** Parity packets, and which of their packets are still missing. */
function createParities() {
  const arrived = new Set<number>();
  let waiting: (readonly number[])[] = [];
  const missingOf = (numbers: readonly number[]) => numbers.filter((number) => !arrived.has(number));
  return {
    /** @returns the packet that can be brought back, if there is one */
    add: (payload: Buffer): number | undefined => {
      const { sequenceNumbers } = readParity(payload);
      const missing = missingOf(sequenceNumbers);
      if (missing.length > 1) waiting = [...waiting.slice(-8), sequenceNumbers];
      return missing.length === 1 ? missing[0] : undefined;
    },
    onPacket: (number: number): number | undefined => {
      arrived.add(number);
      arrived.delete((number + 0x8000) & 0xffff);
      if (!waiting.some((numbers) => numbers.includes(number))) return undefined;
      waiting = waiting.filter((numbers) => missingOf(numbers).length > 0);
      return waiting.map(missingOf).find((missing) => missing.length === 1)?.[0];
    },
  };
}

/** Creates a receiver that has not seen anything. */
export function createReceiverModel(options: ReceiverOptions): ReceiverModel {
  const counters = { mediaBytes: 0, retransmitted: 0, unrecovered: 0, corrected: 0 };
  const toReceiverUs = (nowUs: number) => nowUs * (1 + options.clockSkewPpm / 1_000_000) + options.clockOffsetUs;
  const log = createFeedbackLog(toReceiverUs);
  const nacks = createNackList(options.videoSsrc, counters);
  const parities = createParities();
  const reports = createReportAnswers(options.videoSsrc);
  let feedbackDueUs = 0;
  const correct = (sequenceNumber: number | undefined, nowUs: number) => {
    if (sequenceNumber === undefined || !nacks.add(nacks.unwrap(sequenceNumber), nowUs)) return;
    counters.corrected++;
    model.onVideo(sequenceNumber, nowUs);
    correct(parities.onPacket(sequenceNumber), nowUs);
  };
  const model: ReceiverModel = {
    counters,
    onVideo: () => undefined,
    onPacket: (packet, nowUs) => {
      if (reports.add(packet, nowUs)) return;
      log.add(packet.readUInt16BE(transportNumberAt), nowUs);
      const ssrc = packet.readUInt32BE(8);
      if (ssrc === options.fecSsrc) {
        correct(parities.add(packet.subarray(payloadAt)), nowUs);
        return;
      }
      const isRtx = ssrc === options.rtxSsrc;
      if (!isRtx && ssrc !== options.videoSsrc) return;
      const sequenceNumber = packet.readUInt16BE(isRtx ? payloadAt : 2);
      if (!nacks.add(nacks.unwrap(sequenceNumber), nowUs)) return;
      counters.mediaBytes += packet.length;
      if (isRtx) counters.retransmitted++;
      model.onVideo(sequenceNumber, nowUs);
      correct(parities.onPacket(sequenceNumber), nowUs);
    },
    poll: (nowUs) => {
      const datagrams = [...nacks.take(nowUs), ...reports.take(nowUs)];
      if (nowUs < feedbackDueUs) return datagrams;
      feedbackDueUs = nowUs + options.feedbackUs;
      return [...datagrams, ...log.take()];
    },
  };
  return model;
}
