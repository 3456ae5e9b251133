import {
  buildChannelChange,
  buildChannelMessage,
  buildKeyFrameWanted,
  buildReceived,
  buildVoice,
  mediaSocketLimits,
} from '@cloudstage/protocol';
import { frameOf } from '../../port-mux/rfc4571.js';
import { buildCheck, buildCheckRefusal, parseCheck } from '../../port-mux/stun.js';
import { buildSenderReport } from '../../streamer/rtp/rtcp.js';
import { createPacketLayout } from '../../streamer/rtp/rtp-packet.js';

/** Messages as clients and this server send them, to be changed by the fuzzer. */

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');

/** @see RFC 5769 §2.1 and §2.2: a check with SOFTWARE, PRIORITY and ICE-CONTROLLED, and its answer. */
const sampleCheck =
  hex(`000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff
  80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf`);
const sampleAnswer =
  hex(`0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643
  000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96`);

/** Password of {@link stunShapes}. */
export const stunPassword = 'VOkJxbRl1RmTxUk/WvJxBt';

/** Checks, an answer and a refusal. */
export function stunShapes(): Buffer[] {
  const params = { password: stunPassword, transactionId: Buffer.alloc(12, 7) };
  const check = buildCheck({ ...params, serverUfrag: 'evtj', clientUfrag: 'h6vY' });
  const long = buildCheck({ ...params, serverUfrag: 'a'.repeat(256), clientUfrag: 'b'.repeat(256) });
  const parsed = parseCheck(check);
  return [
    sampleCheck,
    sampleAnswer,
    check,
    long,
    ...(parsed ? [buildCheckRefusal(parsed, stunPassword, 400, 'Gone')] : []),
  ];
}

/** Transport-wide feedback: two-bit vectors, runs and one-bit vectors, and as much as a message can name. */
export function transportFeedbackShapes(): Buffer[] {
  const full = hex(`8fcd0000 00000001 00000002 0000 1000 00000a 01 1000 0000`);
  const shapes = [
    hex(`8fcd0006 00000001 00000002 0064 0007 000000 00 2005 a000 0102030405 06 0000`),
    hex(`8fcd0007 00000001 00000002 fffd 0008 00000a 03 d4a9 d400 00 04 0190 ffd8 01 03 0000`),
    hex(`8fcd0005 00000001 00000002 0001 0002 00ffff 07 2002 04 04`),
    full,
  ];
  for (const shape of shapes) shape.writeUInt16BE(Math.ceil(shape.length / 4) - 1, 2);
  return shapes.map((shape) => Buffer.concat([shape, Buffer.alloc((4 - (shape.length % 4)) % 4)]));
}

/** Reports, NACK, PLI, FIR, REMB, BYE, sender reports with SDES, compounds, and transport-wide feedback. */
export function rtcpShapes(): Buffer[] {
  const receiverReport = hex(`81c90007 00000001 00000016 40000003 000003e8 00000005 0000004d 00000058`);
  const nack = hex(`81cd0005 00000001 00000016 0005 0005 0028 0000 ffff 0000`);
  const pli = hex(`81ce0002 00000001 00000016`);
  const remb = hex(`8fce0005 00000001 00000000 52454d42 010e2710 00000016`);
  const fir = hex(`84ce0004 00000001 00000000 00000016 07000000`);
  const bye = hex(`82cb0002 00000001 00000002`);
  const padded = hex(`a1ce0003 00000001 00000016 00000004`);
  const senderReport = buildSenderReport({
    ...{ ssrc: 9, wallUs: 1_790_000_000_250_000, timestamp: 123, packets: 4, payloadBytes: 5_000, cname: 'abc' },
  });
  const feedback = transportFeedbackShapes();
  // As many statuses as can be had for little, again and again.
  const amplified = Buffer.concat(Array.from({ length: 32 }, () => feedback[3] ?? Buffer.alloc(0)));
  const single = [receiverReport, nack, pli, remb, fir, bye, padded, senderReport, ...feedback];
  return [...single, amplified, Buffer.concat([receiverReport, nack, pli, remb]), Buffer.concat(feedback)];
}

/** RTP packets of this server, with all header extensions and with none. */
export function rtpShapes(): Buffer[] {
  const common = { ssrc: 22, payloadType: 102, mid: '0' };
  const full = createPacketLayout({
    ...common,
    extensions: { transportWideCc: 4, playoutDelay: 5, mid: 9, absSendTime: 2 },
  });
  const bare = createPacketLayout({ ...common, extensions: {} });
  const fields = { sequenceNumber: 65_535, timestamp: 1, marker: true };
  return [full, bare].map((layout) => layout.build(fields, [Uint8Array.of(28, 0x85), Buffer.alloc(40, 3)]));
}

/** Byte streams of ICE-TCP clients, and of what else knocks at a port. */
export function streamShapes(): Buffer[] {
  const [check] = stunShapes();
  const frames = [check ?? Buffer.alloc(20), Buffer.alloc(0), Buffer.alloc(1, 22), Buffer.alloc(1_200, 0x80)].map(
    frameOf,
  );
  return [
    Buffer.concat(frames),
    ...frames,
    Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    hex('16030100c8010000c40303'),
    frameOf(Buffer.alloc(4_096, 0x5a)),
  ];
}

/** Pictures of an encoder as byte streams: parameter sets, an IDR, two slices. */
export function annexBShapes(): Buffer[] {
  const idr = Buffer.concat([hex('00000001 6742c01e 00000001 68ce3c80 000001 65'), Buffer.alloc(3_000, 0x37)]);
  const slices = Buffer.concat([
    hex('00000001 41'),
    Buffer.alloc(900, 0x11),
    hex('000001 41'),
    Buffer.alloc(1_300, 0x21),
    hex('00000001 09f0 000001 0c ff80'),
  ]);
  return [idr, slices, hex('00000001'), hex('000001 65')];
}

/** What clients send on a WebSocket, the longest voice among it. */
export function mediaSocketShapes(): Buffer[] {
  const { voicePacketBytes, labelChars } = mediaSocketLimits;
  const messages = [
    buildChannelChange('channel-open', 'hb'),
    buildChannelChange('channel-closed', 'x'.repeat(labelChars)),
    buildChannelMessage('ack', Buffer.from('{"seq":1,"data":{"type":"keys_clean"}}')),
    buildChannelMessage('km', Buffer.alloc(64, 7), true),
    buildReceived(0xffff_fff0),
    buildKeyFrameWanted(),
    buildVoice(0xfffe, 0xffff_fff0, Buffer.alloc(80, 0xf8)),
    buildVoice(1, 960, Buffer.alloc(voicePacketBytes, 0xf8)),
  ];
  return messages.map((message) => Buffer.from(message));
}
