import { describe, expect, it } from 'vitest';
import { GenericNack, RtcpTransportLayerFeedback, RtpPacket } from 'werift-rtp';
import { createCongestionController } from './congestion/gcc-controller.js';
import { createMediaSender } from './media-sender.js';
import { isRtcp } from './rtcp.js';
import { buildTransportFeedback } from './testing/receiver-model.js';
import { createVirtualTime } from './testing/virtual-time.js';

const extensions = { transportWideCc: 4, playoutDelay: 5, videoTiming: 7, absCaptureTime: 11 };

/** Feedback that one packet has arrived. */
const feedbackOf = (sequenceNumber: number) => buildTransportFeedback(sequenceNumber, [64_000], 0);

function setUp(withRtx = true, withTimers = false, repairs: Partial<Record<'fec' | 'red', number>> = {}) {
  const time = createVirtualTime(1_790_000_000_000_000);
  const sent: { mid: string; packet: Buffer }[] = [];
  const keyFrameWishes: number[] = [];
  const observed: string[] = [];
  const clock = { us: 1_790_000_000_000_000 };
  const sender = createMediaSender(
    {
      send: (mid, packet) => void sent.push({ mid, packet: Buffer.from(packet) }),
      nowUs: () => (withTimers ? time.nowUs : clock.us),
      schedule: withTimers ? time.schedule : () => () => undefined,
      congestion: createCongestionController({ minBitrateBps: 1e6, maxBitrateBps: 1e7, startBitrateBps: 5e6 }),
      onKeyFrameNeeded: () => void keyFrameWishes.push(clock.us),
      onTargetChanged: () => undefined,
      playoutDelay: () => ({ minMs: 0, maxMs: 50 }),
      observer: {
        onPictureSent: (encodedUs, sentUs) => void observed.push(`picture ${sentUs - encodedUs}`),
        onPacketSent: (sequenceNumber) => void observed.push(`packet ${sequenceNumber}`),
        onArrivals: () => undefined,
        onReport: ({ fractionLost, jitterMs }) => void observed.push(`report ${fractionLost} ${jitterMs}`),
      },
    },
    {
      cname: 'test',
      role: 'player',
      video: {
        mid: '0',
        ssrc: 100,
        payloadType: 108,
        clockRate: 90_000,
        extensions,
        firstSequenceNumber: 65_534,
        ...(withRtx ? { rtx: { ssrc: 101, payloadType: 109 } } : {}),
        ...(repairs.fec ? { fec: { ssrc: 102, payloadType: repairs.fec } } : {}),
      },
      audio: {
        ...{ mid: '1', ssrc: 200, payloadType: 111, clockRate: 48_000, extensions, firstSequenceNumber: 10 },
        ...(repairs.red ? { redPayloadType: repairs.red } : {}),
      },
    },
  );
  const picture = (keyFrame: boolean, packets = 3, skipWhenBlocked = false) => {
    const payloads = Array.from({ length: packets }, (_, index) => ({
      // Large pictures are made of full packets.
      parts: [Buffer.from([0x41, index]), Buffer.alloc(packets > 20 ? 1_150 : 0)],
      marker: index === packets - 1,
    }));
    const captureTimeUs = clock.us - 4_000;
    const times = { encodeStartUs: captureTimeUs, encodeEndUs: clock.us - 1_000, packetizedUs: clock.us - 1_000 };
    sender.sendVideo({ payloads, timestamp: 1_000, captureTimeUs, keyFrame, times }, skipWhenBlocked);
  };
  const rtp = () => sent.filter(({ packet }) => !isRtcp(packet)).map(({ packet }) => RtpPacket.deSerialize(packet));
  const nack = (lost: number[]) =>
    new RtcpTransportLayerFeedback({
      feedback: new GenericNack({ senderSsrc: 1, mediaSourceSsrc: 100, lost }),
    }).serialize();
  return { sender, sent, clock, time, picture, rtp, nack, keyFrameWishes, observed };
}

const transportNumber = (packet: RtpPacket) =>
  packet.header.extensions.find(({ id }) => id === 4)?.payload.readUInt16BE(0);

describe('createMediaSender', () => {
  it('begins with a key frame, numbers without gaps over the wrap, and marks the last packet', () => {
    const { picture, rtp } = setUp();
    picture(false);
    expect(rtp()).toHaveLength(0);
    picture(true);
    picture(false);
    expect(rtp().map(({ header }) => header.sequenceNumber)).toEqual([65_534, 65_535, 0, 1, 2, 3]);
    expect(rtp().map(({ header }) => header.marker)).toEqual([false, false, true, false, false, true]);
  });

  it('tells times of capture with the first packet of each picture, of coding with the last of some', () => {
    const { picture, rtp, clock, observed } = setUp();
    const idsOf = (packets: RtpPacket[]) => packets.map(({ header }) => header.extensions.map(({ id }) => id));
    picture(true);
    expect(idsOf(rtp())).toEqual([[4, 5, 11], [4], [4, 7]]);
    expect(rtp()[0]?.header.extensions[1]?.payload).toEqual(Buffer.from([0, 0, 5]));
    // Capture to encoder, encoded, packetized, sent.
    expect(rtp()[2]?.header.extensions[1]?.payload.subarray(0, 9)).toEqual(Buffer.from([1, 0, 0, 0, 3, 0, 3, 0, 4]));
    picture(false, 1);
    clock.us += 200_000;
    picture(false, 1);
    expect(idsOf(rtp().slice(3))).toEqual([
      [4, 5, 11],
      [4, 7, 5, 11],
    ]);
    const packets = (...numbers: number[]) => numbers.map((number) => `packet ${number}`);
    const sent = 'picture 1000';
    expect(observed).toEqual([...packets(1, 2, 3), sent, ...packets(4), sent, ...packets(5), sent]);
  });

  it('hands on what the receiver reports of the path', () => {
    const { sender, picture, observed } = setUp();
    picture(true);
    const block = Buffer.alloc(24);
    block.writeUInt32BE(100, 0);
    block.writeUInt8(64, 4);
    block.writeUInt32BE(900, 12);
    sender.onRtcp(Buffer.concat([Buffer.from('81c9000700000001', 'hex'), block]));
    expect(observed.at(-1)).toBe('report 0.25 10');
  });

  it('counts transport-wide numbers over video, sound and retransmissions', () => {
    const { sender, picture, rtp, nack } = setUp();
    picture(true);
    sender.sendAudio(Buffer.from([1]), 480, 0, true);
    sender.onRtcp(nack([65_535]));
    expect(rtp().map(transportNumber)).toEqual([1, 2, 3, 4, 5]);
  });

  it('answers a NACK on the retransmission stream with the original sequence number in front', () => {
    const { sender, picture, rtp, nack } = setUp();
    picture(true);
    const original = rtp()[1]!;
    sender.onRtcp(nack([65_535]));
    const resent = rtp()[3]!;
    expect(resent.header).toMatchObject({ ssrc: 101, payloadType: 109, timestamp: 1_000 });
    expect(resent.payload.readUInt16BE(0)).toBe(65_535);
    expect(resent.payload.subarray(2)).toEqual(original.payload);
    expect(sender.stats()).toMatchObject({ packetsRetransmitted: 1, nacksReceived: 1 });
  });

  it('sends the packet again as it was when no retransmission stream was negotiated', () => {
    const { sender, picture, rtp, nack } = setUp(false);
    picture(true);
    const original = rtp()[1]!;
    sender.onRtcp(nack([65_535]));
    const resent = rtp()[3]!;
    expect(resent.header).toMatchObject({ ssrc: 100, payloadType: 108, sequenceNumber: 65_535 });
    expect(resent.payload).toEqual(original.payload);
  });

  it('answers a NACK once, although the library delivers it twice, and ignores unknown packets', () => {
    const { sender, picture, rtp, nack } = setUp();
    picture(true);
    sender.onRtcp(nack([65_535]));
    sender.onRtcp(nack([65_535]));
    sender.onRtcp(nack([30_000]));
    expect(rtp()).toHaveLength(4);
  });

  it('asks for a key frame instead when more is missing than that costs, and sends nothing older any more', () => {
    const { sender, clock, picture, rtp, nack, keyFrameWishes } = setUp();
    picture(true);
    clock.us += 1_000_000;
    picture(false, 23);
    picture(false, 23);
    picture(false, 23);
    const before = rtp().length;
    const lost = Array.from({ length: 69 }, (_, index) => index + 1);
    sender.onRtcp(nack(lost));
    expect(keyFrameWishes).toHaveLength(1);
    clock.us += 50_000;
    sender.onRtcp(nack(lost.slice(0, 5)));
    expect(rtp()).toHaveLength(before);
    picture(false);
    expect(rtp()).toHaveLength(before);
    picture(true);
    picture(false);
    expect(rtp()).toHaveLength(before + 6);
    expect(sender.stats()).toMatchObject({ picturesSkipped: 1, packetsRetransmitted: 0 });
  });

  it('fills a probe up with the newest packets on the retransmission stream', () => {
    const { time, picture, rtp } = setUp(true, true);
    picture(true);
    time.runUntil(time.nowUs + 100_000);
    const padding = rtp().slice(3);
    expect(padding.length).toBeGreaterThan(10);
    for (const packet of padding)
      expect(packet.header).toMatchObject({ ssrc: 101, payloadType: 109, timestamp: 1_000 });
    expect(new Set(padding.map(({ header }) => header.sequenceNumber)).size).toBe(padding.length);
  });

  it('leaves pictures out for a viewer whose path is full, and begins again with a key frame', () => {
    const { sender, clock, picture, rtp, keyFrameWishes } = setUp();
    picture(true);
    sender.onRtcp(feedbackOf(1));
    clock.us += 1_000;
    for (let index = 0; index < 10; index++) picture(false, 22, true);
    const full = rtp().length;
    expect(full).toBeLessThan(150);
    expect(sender.isBlocked()).toBe(true);
    clock.us += 3_000_000;
    picture(false, 3, true);
    expect(rtp()).toHaveLength(full);
    expect(keyFrameWishes).not.toHaveLength(0);
    picture(true, 3, true);
    expect(rtp()).toHaveLength(full + 3);
  });

  it('asks for a key frame on PLI and once for each FIR number', () => {
    const { sender, clock, keyFrameWishes } = setUp();
    sender.onRtcp(Buffer.from('81ce00020000000100000064', 'hex'));
    const fir = (number: string) => Buffer.from(`84ce0004000000010000000000000064${number}000000`, 'hex');
    sender.onRtcp(fir('01'));
    clock.us += 20_000;
    sender.onRtcp(fir('01'));
    sender.onRtcp(fir('02'));
    expect(keyFrameWishes).toHaveLength(3);
  });

  it('sends a report with the first picture and then every second, and nothing after close', () => {
    const { sender, sent, clock, picture } = setUp();
    const reports = () => sent.filter(({ packet }) => isRtcp(packet)).length;
    picture(true);
    expect(reports()).toBe(1);
    sender.tick();
    expect(reports()).toBe(1);
    clock.us += 1_000_000;
    sender.tick();
    expect(reports()).toBe(2);
    sender.close();
    const before = sent.length;
    picture(true);
    sender.sendAudio(Buffer.from([1]), 0, 0, false);
    clock.us += 1_000_000;
    sender.tick();
    expect(sent).toHaveLength(before);
  });

  it('sends again what feedback reports missing, before it is asked for, and again when that is missing, too', () => {
    const { sender, clock, picture, rtp } = setUp();
    picture(true);
    const [first] = rtp().map(transportNumber);
    const lost = (number: number) => sender.onRtcp(buildTransportFeedback(number, [null, 64_000], 0));
    lost(first ?? 0);
    expect(
      rtp()
        .slice(3)
        .map(({ header }) => header.payloadType),
    ).toEqual([109]);
    // Named by a late feedback once more: it is on its way already.
    lost(first ?? 0);
    expect(rtp()).toHaveLength(4);
    // A second repetition leaves twice.
    clock.us += 20_000;
    lost(rtp().map(transportNumber)[3] ?? 0);
    expect(
      rtp()
        .slice(4)
        .map(({ header }) => header.payloadType),
    ).toEqual([109, 109]);
  });

  it('adds parity to pictures and the packet before to sound, on a lossy path only', () => {
    const { sender, clock, picture, rtp } = setUp(true, false, { fec: 49, red: 63 });
    const types = () => {
      const before = rtp().length;
      picture(false);
      sender.sendAudio(Buffer.from([1]), clock.us, clock.us, false);
      return rtp()
        .slice(before)
        .map(({ header }) => header.payloadType);
    };
    picture(true);
    expect(types()).toEqual([108, 108, 108, 111]);
    for (let round = 0; round < 30; round++) {
      picture(false, 20);
      const last = rtp().map(transportNumber).at(-1) ?? 0;
      clock.us += 40_000;
      const arrivals = Array.from({ length: 20 }, (_, index) => (index === 3 ? null : 64_000 + round * 40_000 + index));
      sender.onRtcp(buildTransportFeedback(last - 19, arrivals, round));
    }
    expect(types()).toEqual([108, 108, 108, 49, 63]);
    expect(sender.repairShare()).toBeGreaterThan(0.05);
  });
});
