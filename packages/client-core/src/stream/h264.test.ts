import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimestampUnwrapper, readH264, readVp8, rtpTimestampOfUs } from './h264.js';

const nal = (...bytes: number[]) => [0, 0, 0, 1, ...bytes];

describe('readH264', () => {
  it.each([
    [
      'a key frame with its parameter sets',
      [...nal(0x67, 0x42, 0xc0, 0x1f, 1), ...nal(0x68, 1), ...nal(0x65, 9)],
      true,
      'avc1.42C01F',
    ],
    ['a key frame without', nal(0x65, 1), true, null],
    ['a picture that needs others', nal(0x41, 1), false, null],
    ['one behind an SEI, with a short start code', [...nal(0x06, 5), 0, 0, 1, 0x41], false, null],
    ['nothing', [], false, null],
    ['an SPS that is cut off', nal(0x67, 0x42), false, null],
  ])('%s', (_name, bytes, keyFrame, codec) => {
    expect(readH264(Uint8Array.from(bytes))).toEqual({ keyFrame, codec });
  });

  it('never throws', () => {
    const byte = fc.constantFrom(0, 0, 0, 1, 0x65, 0x67, 0x41, 255);
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), (bytes) => void readH264(Uint8Array.from(bytes))),
      { numRuns: 10_000 },
    );
  });
});

it('timestamps grow over their wrap, and come back as they were', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.array(fc.integer({ min: 1, max: 200_000_000 }), { minLength: 1, maxLength: 60 }),
      (first, steps) => {
        const unwrap = createTimestampUnwrapper();
        let ticks = first;
        let beforeUs = unwrap(ticks);
        for (const step of steps) {
          ticks += step;
          const us = unwrap(ticks % 2 ** 32);
          expect(us).toBeGreaterThan(beforeUs);
          expect(rtpTimestampOfUs(us)).toBe(ticks % 2 ** 32);
          beforeUs = us;
        }
      },
    ),
  );
});

it('reads whether a VP8 picture is a key frame from its first bit', () => {
  expect(readVp8(Uint8Array.of(0x10, 2, 0, 0x9d))).toEqual({ keyFrame: true, codec: 'vp8' });
  expect(readVp8(Uint8Array.of(0x11))).toEqual({ keyFrame: false, codec: 'vp8' });
  expect(readVp8(new Uint8Array()).keyFrame).toBe(false);
});
