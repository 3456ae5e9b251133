import { msSince } from '../stamp/stamp-code.js';
import { msSinceCapture } from './clock.js';
import type { BenchPage, Measured, MeasureOptions } from './contract.js';
import { createFrameSource, type Frame, type FrameSource, measureWallClockOffset } from './frames.js';
import { prepareSdk } from './sdk.js';
import { findVideo, firstOf, sleep } from './waiting.js';

/** Runs in the browser: plays a session with the SDK and measures it. */

/** Clicks once. @returns the time until a frame shows the press; null when none did. */
async function click(frames: FrameSource, options: MeasureOptions): Promise<number | null> {
  const before = await firstOf(frames, 'a stamp', options.clickLostMs, (frame) => frame.readStamp());
  const pause = options.clickPauseMs;
  await sleep(pause.min + Math.random() * (pause.max - pause.min));
  const wanted = (before.inputSeq + 1) & 0xffff;
  const sentAtMs = performance.now();
  window.TCGSDK.sendMouseEvent({ type: 'mouseleft', down: true });
  try {
    return await firstOf(frames, 'the click', options.clickLostMs, (frame) =>
      frame.readStamp()?.inputSeq === wanted ? frame.presentedAtMs - sentAtMs : null,
    );
  } catch {
    return null;
  } finally {
    window.TCGSDK.sendMouseEvent({ type: 'mouseleft', down: false });
  }
}

async function measure(frames: FrameSource, options: MeasureOptions): Promise<Measured> {
  const wallOffsetMs = measureWallClockOffset();
  const captureToPresentMs: number[] = [];
  const drawToPresentMs: number[] = [];
  const clickToPhotonMs: number[] = [];
  let lostClicks = 0;
  let first: Frame | null = null;
  let last: Frame | null = null;
  let seen = 0;
  const stop = frames.onFrame((frame) => {
    first ??= frame;
    last = frame;
    const wallMs = frame.presentedAtMs + wallOffsetMs;
    if (frame.rtpTimestamp !== undefined) captureToPresentMs.push(msSinceCapture(frame.rtpTimestamp, wallMs));
    // Reading pixels takes a millisecond: now and then is enough, and disturbs the rest little.
    seen += 1;
    const stamp = seen % 8 === 0 ? frame.readStamp() : null;
    if (stamp) drawToPresentMs.push(msSince(stamp.drawnAtUs, wallMs));
  });
  const startMs = performance.now();
  while (performance.now() - startMs < options.seconds * 1000 || clickToPhotonMs.length + lostClicks < options.clicks) {
    const time = await click(frames, options);
    if (time === null) lostClicks += 1;
    else clickToPhotonMs.push(time);
  }
  stop();
  const [from, to] = [first as Frame | null, last as Frame | null];
  const spanMs = from && to ? to.presentedAtMs - from.presentedAtMs : 0;
  const presentedFps = from && to && spanMs > 0 ? ((to.presentedFrames - from.presentedFrames) * 1000) / spanMs : 0;
  const seconds = (performance.now() - startMs) / 1000;
  return { captureToPresentMs, drawToPresentMs, clickToPhotonMs, lostClicks, presentedFps, seconds };
}

function createBenchPage(): BenchPage {
  let frames: FrameSource | null = null;
  const source = () => {
    frames ??= createFrameSource(findVideo());
    return frames;
  };
  return {
    prepare: () => prepareSdk(),
    start: (serverSession, deadlineMs) => {
      const startedAtMs = performance.now();
      window.TCGSDK.start(serverSession);
      return firstOf(source(), 'the first frame', deadlineMs, (frame) => frame.presentedAtMs - startedAtMs);
    },
    waitForStamp: async (deadlineMs) => {
      await firstOf(source(), 'a stamp', deadlineMs, (frame) => frame.readStamp());
    },
    measure: (options) => measure(source(), options),
    destroy: () => window.TCGSDK.destroy(),
  };
}

window.bench = createBenchPage();
