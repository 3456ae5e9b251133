import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyFrameWishes } from './key-frame-wishes.js';
import { rtpLimits } from './limits.js';

describe('createKeyFrameWishes', () => {
  it('leaves out a wish that was written before the key frame under way could arrive', () => {
    const wishes = createKeyFrameWishes('player');
    expect(wishes.wish(0, 0)).toBe(true);
    wishes.onKeyFrame(1_000_000);
    expect(wishes.wish(1_050_000, 0)).toBe(false);
    expect(wishes.wish(1_150_000, 200)).toBe(false);
    expect(wishes.wish(1_201_000, 200)).toBe(true);
  });

  it('never refuses a player for long, and never gives a viewer more than its budget', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 200 }), (gapsMs) => {
        const player = createKeyFrameWishes('player');
        const viewer = createKeyFrameWishes('viewer');
        let nowMs = 0;
        let granted = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          expect(player.wish(nowMs * 1_000, 100)).toBe(true);
          if (viewer.wish(nowMs * 1_000, 100)) granted++;
        }
        expect(granted).toBeGreaterThan(0);
        expect(granted).toBeLessThanOrEqual(rtpLimits.viewerKeyFrames + nowMs / rtpLimits.viewerKeyFrameIntervalMs);
      }),
    );
  });
});
