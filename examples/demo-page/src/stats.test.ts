import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noStats, withStats } from './stats.js';

describe('the numbers under the picture', () => {
  it('come from both events of the SDK', () => {
    const videoStats = {
      fps: 59.6,
      rtt: 3,
      raw_rtt: 2,
      bit_rate: 7.254,
      packet_loss_rate: 0.0123,
      width: 1280,
      height: 720,
      codec: 'video/H264',
    };
    const media = withStats(noStats, 'media_stats', { videoStats });
    const both = withStats(media, 'webrtc_stats', { capture_to_present_ms: { p50: 5.04, p95: 9 } });
    expect(both).toEqual({
      fps: '60',
      rtt: '2 ms',
      bitrate: '7.25 Mbit/s',
      latency: '5.0 / 9.0 ms',
      resolution: '1280×720',
      loss: '1.2 %',
      codec: 'video/H264',
    });
  });

  it('are dashes for what a server does not tell', () => {
    expect(withStats(noStats, 'media_stats', {})).toEqual(noStats);
    expect(withStats(noStats, 'webrtc_stats', {})).toEqual(noStats);
    expect(withStats(noStats, 'other', { videoStats: { fps: 1 } })).toBe(noStats);
  });

  it('take anything without a crash', () => {
    const type = fc.constantFrom('media_stats', 'webrtc_stats');
    fc.assert(
      fc.property(
        type,
        fc.dictionary(fc.constantFrom('videoStats', 'capture_to_present_ms'), fc.anything()),
        (event, data) => {
          for (const text of Object.values(withStats(noStats, event, data))) expect(typeof text).toBe('string');
        },
      ),
    );
  });
});
