import { isAppError } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mediaLimits } from './limits.js';
import { createFrameParser, isSuspended, parseSoundMessage, soundRequests } from './sound-wire.js';

const frame = (channel: number, payload: Uint8Array) => {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt32BE(channel, 4);
  return Buffer.concat([head, payload]);
};
const fails = (run: () => unknown) => {
  try {
    run();
    return 'nothing was thrown';
  } catch (error) {
    return isAppError(error, 'sound-server-failed') ? 'sound-server-failed' : error;
  }
};
const number = (value: number) => Buffer.from([0x4c, value >>> 24, value >>> 16, value >>> 8, value]);

describe('createFrameParser', () => {
  it('gives every frame once, in order, wherever the bytes are cut', () => {
    const parts = fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 3_000 })), { maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.array(fc.integer({ min: 1, max: 2_500 }), { minLength: 1 }), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(([isMessage, data]) => frame(isMessage ? 0xffffffff : 0, data)));
        const got: [boolean, Uint8Array][] = [];
        const take = createFrameParser({
          onMessage: (data) => void got.push([true, new Uint8Array(data)]),
          onSamples: (data) => void got.push([false, new Uint8Array(data)]),
        });
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const end = at + (cuts[turn % cuts.length] ?? 1);
          take(bytes.subarray(at, end));
          at = end;
        }
        expect(got).toEqual(frames.map(([isMessage, data]) => [isMessage, new Uint8Array(data)]));
      }),
    );
  });

  it('waits for no frame that is longer than any that a server sends', () => {
    const take = createFrameParser({ onMessage: () => undefined, onSamples: () => undefined });
    const head = frame(0, new Uint8Array());
    head.writeUInt32BE(mediaLimits.soundFrameBytes + 1, 0);
    expect(fails(() => take(head))).toBe('sound-server-failed');
  });
});

describe('messages', () => {
  it('reads what a server tells of a stream, and passes over the rest', () => {
    const none = number(0xffffffff);
    const suspended = Buffer.concat([number(77), none, number(0)]);
    expect(parseSoundMessage(Buffer.concat([suspended, Buffer.from('1')]))).toEqual({
      type: 'suspended',
      suspended: true,
    });
    expect(parseSoundMessage(Buffer.concat([suspended, Buffer.from('0')]))).toEqual({
      type: 'suspended',
      suspended: false,
    });
    expect(parseSoundMessage(Buffer.concat([number(65), none, number(0)]))).toEqual({ type: 'killed' });
    expect(parseSoundMessage(Buffer.concat([number(0), number(2), number(5)]))).toMatchObject({
      type: 'refused',
      code: 5,
    });
    expect(parseSoundMessage(Buffer.concat([number(62), none, number(1)]))).toEqual({ type: 'other' });
  });

  it('throws nothing but its own error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(0, 2, 65, 77, 79), (bytes, command) => {
        const payload = Buffer.concat([number(command), number(2), bytes]);
        const outcome = fails(() => {
          const message = parseSoundMessage(payload);
          if (message.type === 'reply') isSuspended(message.values);
        });
        expect(['nothing was thrown', 'sound-server-failed']).toContain(outcome);
      }),
    );
  });

  it('asks with whole frames', () => {
    for (const request of [
      soundRequests.authenticate(0),
      soundRequests.setName(1, 'a'),
      soundRequests.record(2, 'b', 1_920),
    ]) {
      expect(request.readUInt32BE(0)).toBe(request.length - 20);
    }
  });
});
