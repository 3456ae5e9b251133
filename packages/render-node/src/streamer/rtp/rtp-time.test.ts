import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absSendTime, compactNtp, ntpTime, roundTripMs, rtpTimestamp } from './rtp-time.js';

const wall = fc.integer({ min: 1_700_000_000_000_000, max: 2_000_000_000_000_000 });

describe('rtpTimestamp', () => {
  it('is the wall clock in 90 kHz modulo 2^32, so that a client can invert it', () => {
    fc.assert(
      fc.property(wall, (us) => {
        const exact = (BigInt(us) * 90_000n) / 1_000_000n;
        const error = BigInt.asIntN(32, BigInt(rtpTimestamp(us, 90_000)) - exact);
        expect(Number(error)).toBeGreaterThanOrEqual(-1);
        expect(Number(error)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('advances by the clock rate a second and wraps', () => {
    const us = 1_790_000_000_000_000;
    expect((rtpTimestamp(us + 1_000_000, 48_000) - rtpTimestamp(us, 48_000) + 2 ** 32) % 2 ** 32).toBe(48_000);
  });
});

describe('ntpTime', () => {
  it('counts from 1900', () => {
    expect(ntpTime(0)).toEqual({ seconds: 2_208_988_800, fraction: 0 });
    expect(ntpTime(1_500_000)).toEqual({ seconds: 2_208_988_801, fraction: 2 ** 31 });
  });
});

describe('roundTripMs', () => {
  it('gives back the time between report and receipt, less the delay at the receiver', () => {
    fc.assert(
      fc.property(wall, fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 2_000 }), (us, rtt, held) => {
        const measured = roundTripMs(us + (rtt + held) * 1_000, compactNtp(us), Math.round((held * 65_536) / 1_000));
        expect(Math.abs((measured ?? Number.NaN) - rtt)).toBeLessThan(0.1);
      }),
    );
  });

  it('is unknown before the first sender report, and never negative', () => {
    expect(roundTripMs(1_790_000_000_000_000, 0, 0)).toBeUndefined();
    expect(roundTripMs(1_790_000_000_000_000, compactNtp(1_790_000_000_000_000), 5)).toBe(0);
  });
});

describe('absSendTime', () => {
  it('has 24 bits and a resolution of a 262144th of a second', () => {
    expect(absSendTime(1_000_000)).toBe(262_144);
    expect(absSendTime(64_000_000)).toBe(0);
    fc.assert(fc.property(wall, (us) => absSendTime(us) >= 0 && absSendTime(us) <= 0xffffff));
  });
});
