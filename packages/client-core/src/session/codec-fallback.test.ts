import { describe, expect, it } from 'vitest';
import type { VideoCounters } from '../stats/inbound-stats.js';
import { createCodecFallback, decodesNothing, type ReconnectWays } from './codec-fallback.js';
import { defaultSessionSettings } from './session-state.js';

const counters = (framesReceived: number, framesDecoded: number, more: Partial<VideoCounters> = {}): VideoCounters => ({
  ...{ packetsReceived: 1_000, packetsLost: 0, bytesReceived: 1_000_000, nackCount: 0 },
  ...{ jitterBufferDelayS: 0, jitterBufferEmittedCount: 0, codec: 'H264', framesReceived, framesDecoded },
  ...{ framesDropped: 0, totalDecodeTimeS: 0, width: 0, height: 0, ...more },
});
const options = { platform: 'pc', userAgent: 'test' } as const;
const sdp = 'v=0\r\n';
const page: ReconnectWays = { settings: defaultSessionSettings, requestServerSession: async () => '' };

describe('decodesNothing', () => {
  it.each([
    ['nothing of eleven', counters(11, 0), true],
    ['nothing of ten', counters(10, 0), false],
    ['a tenth of forty', counters(40, 4), false],
    ['less than a tenth', counters(40, 3), true],
    ['less than a tenth of few', counters(30, 2), false],
    ['a path that loses packets', counters(40, 0, { packetsLost: 120 }), false],
  ])('%s: %o', (_what, video, expected) => {
    expect(decodesNothing(video)).toBe(expected);
  });
});

describe('createCodecFallback', () => {
  const readings = (fallback: ReturnType<typeof createCodecFallback>, ...videos: (VideoCounters | null)[]) =>
    videos.map((video) => fallback.failed(video, page, null));
  const bad = counters(60, 0);

  it('asks for VP8 alone after four bad seconds in a row, once, until the page begins anew', () => {
    const fallback = createCodecFallback();
    expect(fallback.describe(sdp, options)).not.toHaveProperty('preferredCodecList');
    expect(readings(fallback, null, bad, bad, counters(60, 50), bad, bad, bad, bad)).toEqual([
      ...Array(7).fill(false),
      true,
    ]);
    expect(fallback.describe(sdp, options).preferredCodecList).toEqual(['VP8']);
    expect(readings(fallback, bad, bad, bad, bad, bad)).not.toContain(true);
    fallback.reset();
    expect(fallback.describe(sdp, { ...options, videoCodecList: ['h264', 'vp8'] }).preferredCodecList).toEqual([
      'H264',
      'VP8',
    ]);
    expect(readings(fallback, bad, bad, bad, bad)).toContain(true);
  });

  it('leaves it where there is no way back, or none is wanted', () => {
    const fallback = createCodecFallback();
    fallback.describe(sdp, options);
    for (let second = 0; second < 8; second++) {
      expect(fallback.failed(bad, { ...page, requestServerSession: null }, null)).toBe(false);
      expect(fallback.failed(bad, { ...page, settings: { ...page.settings, reconnect: false } }, null)).toBe(false);
      expect(fallback.failed(bad, null, null)).toBe(false);
    }
  });

  it.each([
    ['another codec', undefined, Array(8).fill(counters(60, 0, { codec: 'VP8' }))],
    ['a page that wants no VP8', ['H264'], Array(8).fill(bad)],
    ['a decoder that has worked before', undefined, [...Array(12).fill(counters(60, 60)), ...Array(8).fill(bad)]],
    ['a connection without pictures', undefined, Array(8).fill(null)],
  ])('leaves it for %s', (_what, videoCodecList, videos: (VideoCounters | null)[]) => {
    const fallback = createCodecFallback();
    fallback.describe(sdp, { ...options, ...(videoCodecList ? { videoCodecList } : {}) });
    expect(readings(fallback, ...videos)).not.toContain(true);
  });
});
