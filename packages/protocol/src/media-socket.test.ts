import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildChannelChange,
  buildChannelMessage,
  buildKeyFrameWanted,
  buildMediaHead,
  buildReceived,
  mediaKinds,
  parseMediaMessage,
} from './media-socket.js';

const label = fc.stringMatching(/^[ -~]{1,64}$/);
const bytes = fc.uint8Array({ maxLength: 300 });
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
        if (parsed?.type === 'message') expect(parsed.data.length).toBeLessThan(message.length);
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
  ])('%s is no message', (_name, message) => {
    expect(parseMediaMessage(Uint8Array.from(message))).toBeNull();
  });
});
