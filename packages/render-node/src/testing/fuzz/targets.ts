import { isAppError, mediaSocketLimits, parseMediaMessage } from '@cloudstage/protocol';
import { muxLimits } from '../../port-mux/limits.js';
import { createDeframer } from '../../port-mux/rfc4571.js';
import {
  buildCheckRefusal,
  hasValidIntegrity,
  isBindingRequest,
  isMedia,
  isStun,
  parseCheck,
} from '../../port-mux/stun.js';
import { packetizeH264 } from '../../streamer/rtp/h264-packetizer.js';
import { rtpLimits } from '../../streamer/rtp/limits.js';
import { isRtcp, parseRtcp, type RtcpEvent } from '../../streamer/rtp/rtcp.js';
import { parseRtp } from '../../streamer/rtp/rtp-parse.js';
import { createRandom } from '../../streamer/rtp/testing/link-model.js';
import type { FuzzTarget } from './run.js';
import {
  annexBShapes,
  mediaSocketShapes,
  rtcpShapes,
  rtpShapes,
  streamShapes,
  stunPassword,
  stunShapes,
  transportFeedbackShapes,
} from './shapes.js';

/** Every parser that reads bytes of strangers, and what must hold for it. */

function ensure(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

const refusalBytes = 100;

function checkStun(input: Buffer): void {
  isStun(input);
  isMedia(input);
  const check = parseCheck(input);
  if (!check) return;
  ensure(isBindingRequest(input), 'a check is a Binding request');
  ensure(check.serverUfrag.length + check.clientUfrag.length < input.length, 'names are no longer than the message');
  ensure(check.integrityOffset < input.length - 20, 'the integrity lies within the message');
  hasValidIntegrity(check, stunPassword);
  const refusal = buildCheckRefusal(check, stunPassword, 400, 'Session Gone');
  ensure(refusal.length <= refusalBytes, 'a refusal does not grow with the request');
}

function countOf(event: RtcpEvent): number {
  if (event.type === 'nack') return event.sequenceNumbers.length;
  if (event.type === 'transport-feedback') return event.feedback.arrivals.length;
  if (event.type === 'report') return event.blocks.length;
  return event.type === 'bye' ? event.ssrcs.length : 1;
}

function numbersOf(event: RtcpEvent): readonly number[] {
  if (event.type === 'nack') return event.sequenceNumbers;
  if (event.type === 'transport-feedback') return event.feedback.arrivals.map(({ arrivalUs }) => arrivalUs ?? 0);
  if (event.type === 'report') return event.blocks.flatMap((block) => Object.values(block));
  if (event.type === 'bye') return event.ssrcs;
  return event.type === 'remb' ? [event.bitrateBps] : [event.mediaSsrc];
}

function checkRtcp(input: Buffer): void {
  isRtcp(input);
  let events: readonly RtcpEvent[];
  try {
    events = parseRtcp(input);
  } catch (error) {
    if (isAppError(error, 'rtcp-malformed')) return;
    throw error;
  }
  ensure(events.length <= rtpLimits.rtcpPacketsPerDatagram, 'few events');
  const facts = events.reduce((sum, event) => sum + countOf(event), 0);
  // A NACK names 17 packets in 4 bytes; runs of transport feedback have a bound of their own for the whole datagram.
  ensure(facts <= rtpLimits.twccStatuses + input.length * 5, `${facts} facts in ${input.length} bytes`);
  for (const event of events) {
    ensure(numbersOf(event).every(Number.isFinite), `${event.type} with a number that is none`);
    if (event.type === 'nack') ensure(countOf(event) <= rtpLimits.nackedPerMessage, 'a NACK with too many packets');
  }
}

function checkRtp(input: Buffer): void {
  const packet = parseRtp(input);
  if (!packet) return;
  ensure(packet.payload.length + 12 <= input.length, 'a payload that is longer than its packet allows');
  const numbers = [packet.payloadType, packet.sequenceNumber, packet.timestamp, packet.ssrc];
  ensure(numbers.every(Number.isInteger), 'a field that is no number');
}

function checkMediaMessage(input: Buffer): void {
  const message = parseMediaMessage(input);
  if (!message) return;
  if ('label' in message) ensure(message.label.length <= mediaSocketLimits.labelChars, 'a long label');
  if ('data' in message) ensure(message.data.length < input.length, 'data that is longer than its message');
  if (message.type !== 'voice') return;
  const { sequenceNumber, timestamp, data } = message;
  ensure(data.length >= 1 && data.length <= mediaSocketLimits.voicePacketBytes, 'a voice of no packet');
  ensure([sequenceNumber, timestamp].every(Number.isInteger), 'a field that is no number');
}

/** What a deframer hands out of a stream that comes in pieces, and how it ended. */
function deframe(pieces: readonly Buffer[]): { readonly frames: Buffer[]; readonly open: boolean } {
  const frames: Buffer[] = [];
  const deframer = createDeframer(muxLimits.tcpFrameBytes, (frame) => frames.push(Buffer.from(frame)));
  return { open: pieces.every((piece) => deframer.push(piece)), frames };
}

function checkStream(input: Buffer): void {
  const whole = deframe([input]);
  const random = createRandom(input.length);
  const pieces: Buffer[] = [];
  for (let at = 0; at < input.length; ) {
    const bytes = 1 + Math.floor(random() * (random() < 0.5 ? 3 : 1_500));
    pieces.push(input.subarray(at, at + bytes));
    at += bytes;
  }
  const cut = deframe(pieces);
  ensure(cut.open === whole.open, 'how a stream is cut decides whether it is followed');
  ensure(Buffer.concat(cut.frames).equals(Buffer.concat(whole.frames)), 'how a stream is cut decides what is read');
  ensure(cut.frames.length === whole.frames.length, 'how a stream is cut decides how many frames there are');
  for (const frame of whole.frames) ensure(frame.length >= 1 && frame.length <= muxLimits.tcpFrameBytes, 'frame size');
  const bytes = whole.frames.reduce((sum, frame) => sum + frame.length + 2, 0);
  ensure(bytes <= input.length, 'more is read than came in');
}

function checkPicture(input: Buffer): void {
  const payloads = packetizeH264(input, rtpLimits.payloadBytes);
  const sizes = payloads.map(({ parts }) => parts.reduce((sum, part) => sum + part.length, 0));
  ensure(
    sizes.every((size) => size > 0 && size <= rtpLimits.payloadBytes),
    `payloads of ${sizes.join(', ')} bytes`,
  );
  ensure(sizes.reduce((sum, size) => sum + size, 0) <= input.length * 2 + 4, 'payloads outgrow the picture');
  ensure(payloads.filter(({ marker }) => marker).length === Math.min(1, payloads.length), 'one marker, on the last');
}

/** All targets. RTCP is read from datagrams as they leave SRTP, feedback also alone, because its shapes are many. */
export function fuzzTargets(): readonly FuzzTarget[] {
  const datagram = rtpLimits.rtcpBytes + 64;
  return [
    { name: 'stun', shapes: [...stunShapes(), ...rtpShapes()], maxBytes: muxLimits.checkBytes, check: checkStun },
    { name: 'rtp', shapes: rtpShapes(), maxBytes: datagram, check: checkRtp },
    { name: 'rtcp', shapes: [...rtcpShapes(), ...rtpShapes()], maxBytes: datagram, check: checkRtcp },
    { name: 'twcc', shapes: transportFeedbackShapes(), maxBytes: datagram, check: checkRtcp },
    { name: 'media-v1', shapes: mediaSocketShapes(), maxBytes: 2_048, check: checkMediaMessage },
    { name: 'rfc4571', shapes: streamShapes(), maxBytes: 3 * muxLimits.tcpFrameBytes, check: checkStream },
    { name: 'h264', shapes: annexBShapes(), maxBytes: 16_384, check: checkPicture },
  ];
}
