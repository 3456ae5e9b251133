import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EncodedPicture } from '../media/video-encoder.js';
import type { PublishFrame } from './frames.js';
import { publishLimits } from './limits.js';
import { LivePush } from './live-push.js';
import type { Publisher, PublisherEvents } from './publisher-process.js';

/** Publisher without a process: keeps what it gets. */
interface FakePublisher extends Publisher {
  readonly url: string;
  readonly events: PublisherEvents;
  readonly frames: PublishFrame[];
  queuedBytes: number;
  stuckSinceMs: number | null;
  closed: boolean;
}

function createPush() {
  const publishers: FakePublisher[] = [];
  const states: string[] = [];
  const asked = { keyFrames: 0, refreshes: 0 };
  const push = new LivePush({
    startPublisher: ({ url }, events) => {
      const publisher: FakePublisher = {
        url,
        events,
        frames: [],
        queuedBytes: 0,
        stuckSinceMs: null,
        closed: false,
        send: (frame) => void publisher.frames.push(frame),
        close: async () => {
          publisher.closed = true;
        },
      };
      publishers.push(publisher);
      return publisher;
    },
    logger: pino({ level: 'silent' }),
    nowMs: () => performance.now(),
    onState: (state) => void states.push(state),
    requestKeyFrame: () => void asked.keyFrames++,
    refreshPicture: () => void asked.refreshes++,
  });
  const picture = (keyFrame: boolean): EncodedPicture => ({
    codec: 'H264',
    data: Buffer.from('picture'),
    keyFrame,
    captureTimeUs: Math.round(performance.now() * 1_000),
    width: 64,
    height: 64,
  });
  const last = () => {
    const publisher = publishers.at(-1);
    if (!publisher) throw new Error('nothing was started');
    return publisher;
  };
  const publishing = () => {
    last().events.onOpened();
    push.onPicture(picture(true));
    last().events.onPublishing();
  };
  return { push, publishers, states, asked, picture, last, publishing };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('begins with a key frame, once the server has accepted the stream', () => {
  const { push, picture, last, asked } = createPush();
  push.start('rtmp://host/live/a', 2_000);
  push.onPicture(picture(true));
  expect(last().frames).toEqual([]);
  last().events.onOpened();
  expect(asked.keyFrames).toBe(1);
  push.onPicture(picture(false));
  push.onPicture(picture(true));
  push.onPicture(picture(false));
  expect(last().frames.map((frame) => frame.type === 'video' && frame.keyFrame)).toEqual([true, false]);
});

it('drops pictures up to the next key frame when the queue is full', () => {
  const { push, picture, last, publishing } = createPush();
  push.start('rtmp://host/live/a', 2_000);
  publishing();
  last().queuedBytes = publishLimits.queueBytes + 1;
  push.onPicture(picture(false));
  last().queuedBytes = 0;
  push.onPicture(picture(false));
  push.onPicture(picture(true));
  expect(last().frames.map((frame) => frame.type === 'video' && frame.keyFrame)).toEqual([true, true]);
});

it('asks for key frames at their distance, and for pictures of a still screen', () => {
  const { push, asked, picture, publishing } = createPush();
  push.start('rtmp://host/live/a', 2_000);
  publishing();
  asked.keyFrames = 0;
  vi.advanceTimersByTime(1_900);
  expect(asked.keyFrames).toBe(0);
  expect(asked.refreshes).toBeGreaterThan(0);
  vi.advanceTimersByTime(200);
  expect(asked.keyFrames).toBeGreaterThan(0);
  push.onPicture(picture(true));
  asked.keyFrames = 0;
  vi.advanceTimersByTime(1_900);
  expect(asked.keyFrames).toBe(0);
});

it('makes another connection after a failure, and its time goes on', () => {
  const { push, publishers, picture, last, states, publishing } = createPush();
  push.start('rtmp://host/live/a', 2_000);
  publishing();
  vi.advanceTimersByTime(5_000);
  last().events.onEnded('lost');
  expect(states).toEqual(['connecting', 'publishing', 'reconnecting']);
  vi.advanceTimersByTime(publishLimits.retryMinMs);
  expect(publishers).toHaveLength(2);
  last().events.onOpened();
  push.onPicture(picture(true));
  expect(last().frames).toMatchObject([{ timeUs: (5_000 + publishLimits.retryMinMs) * 1_000 }]);
});

it('pauses while the server takes nothing, then takes the connection for dead', () => {
  const { push, publishers, last, states, publishing } = createPush();
  push.start('rtmp://host/live/a', 2_000);
  publishing();
  last().stuckSinceMs = performance.now();
  vi.advanceTimersByTime(publishLimits.stallPausedMs + 200);
  expect(states.at(-1)).toBe('paused');
  last().stuckSinceMs = null;
  vi.advanceTimersByTime(200);
  expect(states.at(-1)).toBe('publishing');
  last().stuckSinceMs = performance.now();
  vi.advanceTimersByTime(publishLimits.stallFailedMs + 200);
  expect(states.at(-1)).toBe('reconnecting');
  expect(publishers[0]?.closed).toBe(true);
});

it('does not wait for ever for a server that does not answer', () => {
  const { push, publishers } = createPush();
  push.start('rtmp://host/live/a', 2_000);
  vi.advanceTimersByTime(publishLimits.connectMs + publishLimits.retryMinMs + 200);
  expect(publishers.map(({ closed }) => closed)).toEqual([true, false]);
});

it('has one publisher beside the one that it leaves, however often it is sent elsewhere', async () => {
  const { push, publishers, last } = createPush();
  push.start('rtmp://host/live/0', 2_000);
  const ends: (() => void)[] = [];
  last().close = () => new Promise((resolve) => ends.push(resolve));
  for (let index = 1; index <= 20; index++) push.start(`rtmp://host/live/${index}`, 2_000);
  await vi.advanceTimersByTimeAsync(100);
  expect(publishers).toHaveLength(1);
  for (const end of ends) end();
  await vi.advanceTimersByTimeAsync(0);
  expect(publishers.map(({ url }) => url)).toEqual(['rtmp://host/live/0', 'rtmp://host/live/20']);
  await push.stop();
});

it('starts once for a URL, replaces it by another, and ends for good', async () => {
  const { push, publishers, states, publishing } = createPush();
  push.start('rtmp://host/live/a', 2_000);
  push.start('rtmp://host/live/a', 2_000);
  expect(publishers).toHaveLength(1);
  push.start('rtmp://host/live/b', 2_000);
  await vi.advanceTimersByTimeAsync(0);
  expect(publishers.map(({ url, closed }) => [url, closed])).toEqual([
    ['rtmp://host/live/a', true],
    ['rtmp://host/live/b', false],
  ]);
  publishing();
  await push.stop();
  expect(push.active).toBe(false);
  expect(states.at(-1)).toBe('stopped');
  publishers[1]?.events.onEnded('late');
  vi.advanceTimersByTime(60_000);
  expect(publishers).toHaveLength(2);
});
