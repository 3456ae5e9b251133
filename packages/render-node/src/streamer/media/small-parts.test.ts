import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAudioClock } from './audio-clock.js';
import { createWallClock } from './clock.js';
import { createCpuMeter, parseCpuTimes } from './cpu-load.js';
import { blendCursor } from './cursor-blend.js';
import { createDamageBand } from './damage-band.js';
import { createPercentiles } from './percentiles.js';
import { encoderThreads, vbvBufferBits } from './rate-control.js';
import { createSilenceGate } from './silence-gate.js';

describe('createDamageBand', () => {
  it('covers every added rectangle, has even ends, and is empty after taking', () => {
    const rectangles = fc.array(fc.tuple(fc.nat(1_100), fc.integer({ min: 1, max: 300 })), { minLength: 1 });
    fc.assert(
      fc.property(rectangles, (added) => {
        const band = createDamageBand();
        for (const [top, height] of added) band.add(top, height);
        const visible = added.filter(([top]) => top < 1_080);
        const taken = band.take(1_080);
        if (visible.length === 0) {
          expect(taken).toBeNull();
          return;
        }
        expect(taken!.top % 2).toBe(0);
        expect(taken!.bottom % 2).toBe(0);
        for (const [top, height] of visible) {
          expect(taken!.top).toBeLessThanOrEqual(top);
          expect(taken!.bottom).toBeGreaterThanOrEqual(Math.min(1_080, top + height));
        }
        expect(band.take(1_080)).toBeNull();
      }),
    );
  });

  it('covers the whole picture on demand', () => {
    const band = createDamageBand();
    band.add(5, 1);
    band.addAll();
    expect(band.take(720)).toEqual({ top: 0, bottom: 720 });
  });
});

describe('createSilenceGate', () => {
  it('starts with sound, keeps sending through the hangover, and marks the first frame after silence', () => {
    const gate = createSilenceGate(2);
    expect(gate(true)).toBe('skip');
    expect(gate(false)).toBe('send-first');
    expect(gate(false)).toBe('send');
    expect([gate(true), gate(true), gate(true), gate(true)]).toEqual(['send', 'send', 'skip', 'skip']);
    expect(gate(false)).toBe('send-first');
  });
});

describe('createAudioClock', () => {
  it('spaces frames evenly although they arrive in bursts', () => {
    const clock = createAudioClock(10_000, 80_000);
    const times = [1_000_000, 1_000_100, 1_031_000, 1_031_000].map((nowUs) => clock.next(nowUs));
    expect(times).toEqual([1_000_000, 1_010_000, 1_020_000, 1_030_000]);
  });

  it('jumps to the wall clock after a gap', () => {
    const clock = createAudioClock(10_000, 80_000);
    clock.next(0);
    expect(clock.next(5_000_000)).toBe(5_000_000);
  });
});

describe('createWallClock', () => {
  it('moves with the monotonic clock only', () => {
    let wallMs = 1_000;
    let monotonicMs = 50;
    const clock = createWallClock(
      () => wallMs,
      () => monotonicMs,
    );
    expect(clock()).toBe(1_000_000);
    wallMs = 0;
    monotonicMs = 52.5;
    expect(clock()).toBe(1_002_500);
  });
});

describe('createPercentiles', () => {
  it('looks at the last samples only', () => {
    const window = createPercentiles(3);
    expect(window.at(0.5)).toBe(0);
    for (const value of [100, 1, 3, 2]) window.add(value);
    expect(window.at(0)).toBe(1);
    expect(window.at(0.5)).toBe(2);
    expect(window.at(1)).toBe(3);
  });
});

describe('rate control', () => {
  it('keeps the buffer between bounds of time', () => {
    expect(vbvBufferBits(6_000_000, 60)).toBe(500_000);
    expect(vbvBufferBits(6_000_000, 120)).toBe(360_000);
    expect(vbvBufferBits(6_000_000, 5)).toBe(900_000);
  });

  it('uses a second slice for large pictures on machines that have the core', () => {
    expect(encoderThreads(640, 480, 8)).toBe(1);
    expect(encoderThreads(1_920, 1_080, 8)).toBe(2);
    expect(encoderThreads(1_920, 1_080, 1)).toBe(1);
  });
});

describe('createCpuMeter', () => {
  it('gives percent of the time since the last reading', () => {
    const times = [
      { busy: 0, total: 0 },
      { busy: 500, total: 2_000 },
      { busy: 510, total: 2_010 },
    ];
    const meter = createCpuMeter(() => times.shift() ?? { busy: 0, total: 0 });
    expect(meter()).toBe(25);
    expect(meter(), 'too short a span').toBe(25);
  });

  it('reads the sum of all cores, in milliseconds; waiting for a disk is idle, guests are counted once', () => {
    const stat = 'cpu  10 1 4 100 20 0 3 2 7 0\ncpu0 5 1 2 50 10 0 2 1 0 0\n';
    expect(parseCpuTimes(stat)).toEqual({ busy: 200, total: 1_400 });
    expect(parseCpuTimes('intr 1 2 3')).toBeNull();
  });
});

describe('blendCursor', () => {
  const cursor = (x: number, y: number) => ({
    x,
    y,
    xhot: 0,
    yhot: 0,
    width: 2,
    height: 2,
    // Opaque blue, half red (premultiplied), transparent, opaque white.
    cursorImage: Buffer.from([255, 0, 0, 255, 0, 0, 128, 128, 9, 9, 9, 0, 255, 255, 255, 255]),
  });

  it('puts opaque pixels over, mixes translucent ones, leaves transparent ones', () => {
    const pixels = Buffer.alloc(4 * 4 * 4, 100);
    blendCursor(cursor(1, 1), pixels, 16, 4, { top: 0, bottom: 4 });
    const at = (x: number, y: number) => [...pixels.subarray(y * 16 + x * 4, y * 16 + x * 4 + 3)];
    expect(at(1, 1)).toEqual([255, 0, 0]);
    expect(at(2, 1)).toEqual([50, 50, 178]);
    expect(at(1, 2)).toEqual([100, 100, 100]);
    expect(at(2, 2)).toEqual([255, 255, 255]);
    expect(at(0, 0)).toEqual([100, 100, 100]);
  });

  it('stays inside the picture and the band', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -3, max: 5 }),
        fc.integer({ min: -3, max: 5 }),
        fc.nat(4),
        fc.nat(4),
        (x, y, a, b) => {
          const pixels = Buffer.alloc(4 * 4 * 4, 100);
          const band = { top: Math.min(a, b), bottom: Math.max(a, b) };
          blendCursor(cursor(x, y), pixels, 16, 4, band);
          pixels.forEach((value, index) => {
            const row = Math.floor(index / 16);
            if (row < band.top || row >= band.bottom) expect(value).toBe(100);
          });
        },
      ),
    );
  });
});
