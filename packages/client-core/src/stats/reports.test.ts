import { describe, expect, it } from 'vitest';
import type { StatsEntry } from '../platform.js';
import { readStats } from './inbound-stats.js';
import { buildReports, decodeRates, type StatsContext } from './reports.js';

/** Two readings of Chromium 156, 1021 ms apart, of a 320×180 stream at 30 fps; the sound is from a 48 kHz stereo stream. */
const common: readonly StatsEntry[] = [
  { id: 'CIT01_108', type: 'codec', mimeType: 'video/H264', clockRate: 90_000, payloadType: 108 },
  { id: 'CIT01_111', type: 'codec', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { id: 'T01', type: 'transport', selectedCandidatePairId: 'CP1', dtlsState: 'connected' },
  { id: 'CP0', type: 'candidate-pair', nominated: false, state: 'failed', currentRoundTripTime: 9 },
];
const first: readonly StatsEntry[] = [
  ...common,
  { id: 'CP1', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.004 },
  {
    id: 'IT01V1111',
    type: 'inbound-rtp',
    kind: 'video',
    codecId: 'CIT01_108',
    packetsLost: 0,
    packetsReceived: 132,
    bytesReceived: 29_832,
    frameHeight: 180,
    frameWidth: 320,
    framesDecoded: 33,
    framesDropped: 0,
    framesPerSecond: 29,
    framesReceived: 33,
    jitterBufferDelay: 0.012726,
    jitterBufferEmittedCount: 33,
    nackCount: 0,
    totalDecodeTime: 0.007964,
  },
  {
    id: 'IT01A2222',
    type: 'inbound-rtp',
    kind: 'audio',
    codecId: 'CIT01_111',
    packetsLost: 1,
    packetsReceived: 99,
    bytesReceived: 9_000,
    jitterBufferDelay: 960,
    jitterBufferEmittedCount: 48_000,
    concealedSamples: 480,
    concealmentEvents: 1,
  },
];
const second: readonly StatsEntry[] = [
  ...common,
  { id: 'CP1', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.006 },
  {
    ...(first[5] as StatsEntry),
    packetsLost: 4,
    packetsReceived: 256,
    bytesReceived: 57_856,
    framesDecoded: 64,
    framesPerSecond: 30,
    framesReceived: 64,
    jitterBufferDelay: 0.018322,
    jitterBufferEmittedCount: 64,
    nackCount: 2,
    totalDecodeTime: 0.012328,
  },
  {
    ...(first[6] as StatsEntry),
    packetsReceived: 201,
    bytesReceived: 19_210,
    jitterBufferDelay: 1_920,
    jitterBufferEmittedCount: 96_000,
  },
];
const context: StatsContext = {
  rttMs: 3.4,
  cpu: '12',
  gpu: '0',
  loadCostMs: 118.4,
  firstFrameCostMs: 133.2,
  inputDelayMs: 0,
  userId: 'u1',
  latency: null,
  account: null,
};
const t0 = 1_795_186_306_945.5;
const t1 = t0 + 1_021;

describe('buildReports', () => {
  const { webrtc, media } = buildReports(readStats(second, t1), readStats(first, t0), context);

  it('makes webrtc_stats of the differences', () => {
    expect(webrtc).toEqual({
      fps: 30,
      delay: 0.3,
      rtt: 3,
      raw_rtt: 6,
      edge_rtt: 6,
      cpu: '12',
      gpu: '0',
      load_cost_time: 118,
      bit_rate: Math.round((57_856 - 29_832) / 1.021),
      packet_lost: 4,
      nack: 2,
      packet_received: 256,
      input_delay: 0,
      user_id: 'u1',
      timestamp: Math.round(t1),
      first_frame_cost_time: 133,
      api_cost_time: 0,
    });
  });

  it('makes media_stats of both streams', () => {
    expect(media.videoStats).toMatchObject({
      fps: 30,
      bit_rate: 0.22,
      packet_loss_rate: 0.0313,
      jitter_buffer: 0.2,
      width: 320,
      height: 180,
      codec: 'H264',
    });
    expect(media.audioStats).toEqual({
      sample_rate: 48_000,
      channels: 2,
      bit_rate: 0.08,
      packet_lost: 1,
      packet_received: 201,
      packet_loss_rate: 0,
      nack: 0,
      jitter_buffer: 20,
      concealed_samples: 480,
      concealment_events: 1,
      codec: 'opus',
    });
  });

  it('tells latency only when it is known', () => {
    expect(webrtc).not.toHaveProperty('capture_to_present_ms');
    const latency = { p50: 4.7, p95: 6.6 };
    const known = buildReports(readStats(second, t1), readStats(first, t0), { ...context, latency });
    expect(known.webrtc.capture_to_present_ms).toEqual(latency);
  });

  it('is all zero without streams', () => {
    const empty = buildReports(readStats([], t1), null, context);
    expect(empty.webrtc).toMatchObject({ fps: 0, bit_rate: 0, packet_lost: 0, delay: 0, raw_rtt: 0 });
    expect(empty.media.videoStats).toMatchObject({ width: 0, codec: '', packet_loss_rate: 0 });
  });

  it('starts from zero when a new stream counts from zero', () => {
    const { fps } = decodeRates(readStats(first, t1), readStats(second, t0));
    expect(fps).toBe(32);
    const restarted = buildReports(readStats(first, t1), readStats(second, t0), context);
    expect(restarted.webrtc.bit_rate).toBe(Math.round(29_832 / 1.021));
    expect(restarted.media.videoStats.packet_loss_rate).toBe(0);
  });
});

it('finds the selected pair of browsers without transport entries', () => {
  const entries: StatsEntry[] = [{ id: 'p', type: 'candidate-pair', selected: true, currentRoundTripTime: 0.02 }];
  expect(readStats(entries, 0).pairRttMs).toBe(20);
  expect(readStats([], 0).pairRttMs).toBeNull();
});
