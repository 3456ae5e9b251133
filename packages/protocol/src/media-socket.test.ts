import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildChannelChange,
  buildChannelMessage,
  buildKeyFrameWanted,
  buildMediaHead,
  buildReceived,
  buildVoice,
  buildVoiceReceived,
  type MediaSocketHello,
  mediaKinds,
  mediaSocketLimits,
  parseMediaHello,
  parseMediaMessage,
} from './media-socket.js';

const label = fc.stringMatching(/^[ -~]{1,64}$/);
const bytes = fc.uint8Array({ maxLength: 300 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('media-v1 messages', () => {
  it('come back as they were built', () => {
    fc.assert(
      fc.property(
        label,
        bytes,
        fc.boolean(),
        u32,
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        (name, data, binary, n, picture) => {
          expect(parseMediaMessage(buildChannelMessage(name, data, binary))).toEqual({
            type: 'message',
            label: name,
            binary,
            data,
          });
          expect(parseMediaMessage(buildChannelChange('channel-open', name))).toEqual({
            type: 'channel-open',
            label: name,
          });
          expect(parseMediaMessage(buildChannelChange('channel-closed', name))).toEqual({
            type: 'channel-closed',
            label: name,
          });
          expect(parseMediaMessage(buildReceived(n))).toEqual({ type: 'received', bytes: n });
          expect(parseMediaMessage(buildKeyFrameWanted())).toEqual({ type: 'key-frame-wanted' });
          for (const type of ['h264', 'vp8', 'opus'] as const) {
            const message = Uint8Array.from([...buildMediaHead(type, n), ...picture]);
            expect(parseMediaMessage(message)).toEqual({ type, timestamp: n, data: picture });
          }
        },
      ),
    );
  });

  it('with a voice come back as they were built, whatever the packet', () => {
    const packet = fc.uint8Array({ minLength: 1, maxLength: mediaSocketLimits.voicePacketBytes });
    fc.assert(
      fc.property(u16, u32, packet, (sequenceNumber, timestamp, data) => {
        expect(parseMediaMessage(buildVoice(sequenceNumber, timestamp, data))).toEqual({
          type: 'voice',
          sequenceNumber,
          timestamp,
          data,
        });
        expect(parseMediaMessage(buildVoiceReceived(sequenceNumber))).toEqual({
          type: 'voice-received',
          sequenceNumber,
        });
        // Both counters go round.
        expect(parseMediaMessage(buildVoice(sequenceNumber + 2 ** 16, timestamp + 2 ** 32, data))).toEqual(
          parseMediaMessage(buildVoice(sequenceNumber, timestamp, data)),
        );
      }),
    );
    const longest = new Uint8Array(mediaSocketLimits.voicePacketBytes);
    const tooLong = Uint8Array.from([...buildVoice(1, 2, longest), 0]);
    expect(parseMediaMessage(tooLong)).toBeNull();
    expect(() => buildVoice(1, 2, new Uint8Array(longest.length + 1))).toThrow(RangeError);
  });

  it('are read the same wherever they lie in their buffer', () => {
    fc.assert(
      fc.property(label, bytes, bytes, (name, data, before) => {
        const message = buildChannelMessage(name, data);
        const shifted = Uint8Array.from([...before, ...message]).subarray(before.length);
        expect(parseMediaMessage(shifted)).toEqual(parseMediaMessage(message));
      }),
    );
  });

  it('of any other form are null, and never an exception', () => {
    const kinds = fc.constantFrom(...Object.values(mediaKinds), 0, 102, 104, 255);
    fc.assert(
      fc.property(kinds, fc.uint8Array({ maxLength: 64 }), (kind, rest) => {
        const message = Uint8Array.from([kind, ...rest]);
        const parsed = parseMediaMessage(message);
        if (parsed !== null && 'data' in parsed) expect(parsed.data.length).toBeLessThan(message.length);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ['nothing', []],
    ['a picture without data', [103, 0, 0, 0, 1]],
    ['a label of control characters', [10, 0x0a]],
    ['an empty label', [10]],
    ['a length beyond the end', [11, 0, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['data shorter than said', [11, 0, 0, 0, 0, 1, 0x61, 0, 0, 0, 2, 0x62]],
    ['data longer than said', [11, 0, 0, 0, 0, 1, 0x61, 0, 0, 0, 0, 0x62]],
    ['an unknown flag', [11, 2, 0, 0, 0, 1, 0x61, 0, 0, 0, 0]],
    ['a long acknowledgement', [12, 0, 0, 0, 1, 0]],
    ['a voice without a packet', [15, 0, 1, 0, 0, 0, 2]],
    ['a voice that is cut off', [15, 0, 1, 0]],
    ['a short receipt of a voice', [16, 1]],
    ['a long receipt of a voice', [16, 0, 1, 0]],
  ])('%s is no message', (_name, message) => {
    expect(parseMediaMessage(Uint8Array.from(message))).toBeNull();
  });
});

describe('the first message of a server', () => {
  const hello = (voice: object): MediaSocketHello => ({
    Type: 'CreateSession',
    Data: {
      Code: 0,
      Video: 'h264',
      Audio: { Codec: 'opus', Channels: 2, SampleRate: 48_000, PcmFrameSize: 480 },
      ...voice,
    },
  });

  it('tells whether it takes a voice; one that does not know voices says nothing of them', () => {
    expect(parseMediaHello(JSON.stringify(hello({ Voice: { Codec: 'opus' } })))).toEqual({ takesVoice: true });
    expect(parseMediaHello(JSON.stringify(hello({})))).toEqual({ takesVoice: false });
    expect(parseMediaHello(JSON.stringify(hello({ Voice: { Codec: 'g711' } })))).toEqual({ takesVoice: false });
    expect(parseMediaHello(JSON.stringify(hello({ Voice: null })))).toEqual({ takesVoice: false });
  });

  it('of any other form is null, and never an exception', () => {
    const long = JSON.stringify(hello({ Voice: { Codec: 'opus' }, more: 'x'.repeat(mediaSocketLimits.helloChars) }));
    for (const text of ['', '{', 'null', '[]', '7', '{"Type":"CreateSession"}', '{"Type":"Other","Data":{}}', long]) {
      expect(parseMediaHello(text)).toBeNull();
    }
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseMediaHello(text)).toBeNull();
      }),
    );
  });
});
