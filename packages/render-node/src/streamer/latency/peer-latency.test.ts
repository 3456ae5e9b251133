import { type HeartbeatRequest, latencyBucket } from '@cloudstage/protocol';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { latencyLimits } from './limits.js';
import { createPeerLatency } from './peer-latency.js';

const encode = { p50: 3, p95: 4, p99: 5, count: 60 };

function setUp() {
  const clock = { us: 1_790_000_000_000_000 };
  const asked: string[] = [];
  const latency = createPeerLatency({
    nowUs: () => clock.us,
    logger: pino({ level: 'silent' }),
    onKeyFrameNeeded: () => void asked.push('key-frame'),
    onTargetChanged: () => void asked.push('target'),
    sourceReport: () => ({ encode }),
  });
  /** One second in which a heartbeat arrives. */
  const second = (request: HeartbeatRequest) => {
    clock.us += 1_000_000;
    latency.tick();
    return latency.onHeartbeat({ fps: '60', ...request });
  };
  return { clock, asked, latency, second };
}

const presented = (ms: number) => ({ capture_to_present: [[latencyBucket(ms), 60]] as const });

describe('latency of a peer', () => {
  it('keeps what a client of another maker tells, and answers it as ever', () => {
    const { latency, second } = setUp();
    for (let index = 0; index < 10; index++) expect(second({ delay: '5.5' })).toEqual({});
    second({ delay: '0' });
    second({ delay: '7', fps: '0' });
    second({ delay: 'x' });
    expect(latency.report()).toEqual({ encode, receive: expect.objectContaining({ count: 10 }) });
  });

  it('tells a client of ours the account now and then', () => {
    const { second } = setUp();
    const replies = Array.from({ length: 8 }, () => second({ delay: '5', latency: presented(12) }));
    const told = replies.flatMap((reply, index) => (reply.latency ? [index] : []));
    expect(told).toEqual([0, latencyLimits.replyIntervalMs / 1_000]);
    expect(replies[4]?.latency).toMatchObject({ encode, receive: { count: 5 }, capture_to_present: { count: 300 } });
  });

  it('accounts for pace and network of what is sent', () => {
    const { latency, clock } = setUp();
    const { observer } = latency;
    observer.onReport({ fractionLost: 0, jitterMs: 1, rttMs: 20 }, clock.us);
    observer.onPacketSent(7, clock.us);
    observer.onPictureSent(clock.us - 2_000, clock.us);
    observer.onArrivals([{ sequenceNumber: 7, arrivalUs: 123_456 }], clock.us + 20_000);
    const { pace, network } = latency.report();
    expect([pace?.p50, network?.p50]).toEqual([expect.closeTo(2, 0), expect.closeTo(10, 0)]);
    expect(Object.keys(latency.takeTotals().counts).sort()).toEqual(['network', 'pace']);
    expect(latency.takeTotals()).toEqual({ counts: {}, repairs: {} });
  });

  it('lets the receiver hold pictures while the path is bad', () => {
    const { latency, clock } = setUp();
    expect(latency.playoutDelay()).toEqual({ minMs: 0, maxMs: 0 });
    for (let index = 0; index < 15; index++) {
      clock.us += 1_000_000;
      latency.observer.onReport({ fractionLost: 0.1, jitterMs: 5, rttMs: 60 }, clock.us);
    }
    expect(latency.playoutDelay()).toEqual({ minMs: 0, maxMs: 100 });
  });

  it('tries one repair after the other on a receiver that falls behind, and counts them', () => {
    const { latency, asked, second } = setUp();
    for (let index = 0; index < 60; index++) second({ delay: '5', latency: {} });
    expect([asked, latency.bitrateShare()]).toEqual([[], 1]);
    let share = 1;
    const wishes = new Set<number>();
    for (let index = 0; index < 120; index++) {
      const { wish } = second({ delay: '90', latency: {} });
      if (wish) wishes.add(wish.id);
      share = Math.min(share, latency.bitrateShare());
    }
    expect(asked).toEqual(['key-frame', 'target']);
    expect(share).toBeLessThan(1);
    expect(latency.bitrateShare()).toBe(1);
    expect(wishes.size).toBe(1);
    expect(latency.takeTotals().repairs).toEqual({
      resync: 1,
      'lower-bitrate': 1,
      'restart-playback': 1,
      'given-up': 1,
    });
  });

  it('does not take for drift what it has allowed the receiver to do', () => {
    const { latency, asked, second, clock } = setUp();
    const play = (seconds: number, delay: string, jitterMs: number) => {
      for (let index = 0; index < seconds; index++) {
        latency.observer.onReport({ fractionLost: 0, jitterMs, rttMs: 30 }, clock.us);
        second({ delay, latency: {} });
      }
    };
    play(60, '5', 2);
    play(10, '5', 35);
    expect(latency.playoutDelay().maxMs).toBe(100);
    play(120, '90', 35);
    play(120, '5', 2);
    expect(latency.playoutDelay().maxMs).toBe(0);
    expect(asked).toEqual([]);
  });

  it('makes no wish to a client that would not understand it', () => {
    const { second } = setUp();
    for (let index = 0; index < 60; index++) second({ delay: '5' });
    for (let index = 0; index < 120; index++) expect(second({ delay: '90' })).toEqual({});
  });
});
