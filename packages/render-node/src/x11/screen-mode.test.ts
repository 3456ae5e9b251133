import fc from 'fast-check';
import { expect, it } from 'vitest';
import { modeTimings } from './screen-mode.js';

it('has timings in the order every driver checks, at 60 Hz', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16_384 }), fc.integer({ min: 1, max: 16_384 }), (width, height) => {
      const mode = modeTimings(width, height);
      expect(width < mode.h_sync_start && mode.h_sync_start < mode.h_sync_end && mode.h_sync_end < mode.h_total).toBe(
        true,
      );
      expect(height < mode.v_sync_start && mode.v_sync_start < mode.v_sync_end && mode.v_sync_end < mode.v_total).toBe(
        true,
      );
      expect(mode.dot_clock / (mode.h_total * mode.v_total)).toBe(60);
    }),
  );
});
