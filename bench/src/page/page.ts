import { msSince } from '../stamp/stamp-code.js';
import { msSinceCapture } from './clock.js';
import { inboundVideo, noteConnections, readStats } from './connections.js';
import type { BenchPage, ClickTimes, Measured, MeasureOptions } from './contract.js';
import { createFrameSource, type Frame, type FrameSource, measureWallClockOffset } from './frames.js';
import { prepareSdk } from './sdk.js';
import { findVideo, firstOf, sleep } from './waiting.js';

/** Runs in the browser: plays a session with the SDK and measures it. */

const freezeMs = 200;

/** Clicks once. @returns the times until a frame shows the press; null when none did. */
async function click(frames: FrameSource, options: MeasureOptions, wallOffsetMs: number): Promise<ClickTimes | null> {
  const before = await firstOf(frames, 'a stamp', options.clickLostMs, (frame) => frame.readStamp());
  const pause = options.clickPauseMs;
  await sleep(pause.min + Math.random() * (pause.max - pause.min));
  const wanted = (before.inputSeq + 1) & 0xffff;
  const sentAtMs = performance.now();
  window.TCGSDK.sendMouseEvent({ type: 'mouseleft', down: true });
  try {
    return await firstOf(frames, 'the click', options.clickLostMs, (frame) => {
      const stamp = frame.readStamp();
      if (stamp?.inputSeq !== wanted) return null;
      const { presentedAtMs, rtpTimestamp } = frame;
      const wallMs = presentedAtMs + wallOffsetMs;
      const toPhoton = presentedAtMs - sentAtMs;
      const [sinceArrival, sinceDrawn] = [msSince(stamp.inputAtUs, wallMs), msSince(stamp.drawnAtUs, wallMs)];
      const sinceCapture = rtpTimestamp === undefined ? null : msSinceCapture(rtpTimestamp, wallMs);
      return {
        toPhoton,
        toProgram: toPhoton - sinceArrival,
        toDrawing: sinceArrival - sinceDrawn,
        toCapture: sinceCapture === null ? null : sinceDrawn - sinceCapture,
      };
    });
  } catch {
    return null;
  } finally {
    window.TCGSDK.sendMouseEvent({ type: 'mouseleft', down: false });
  }
}

/** Collects what the frames say until it is stopped. */
function collectFrames(frames: FrameSource) {
  const wallOffsetMs = measureWallClockOffset();
  const times = { captureToPresentMs: [] as number[], drawToPresentMs: [] as number[] };
  const gaps = { freezes: 0, longestGapMs: 0 };
  let first: Frame | null = null;
  let last: Frame | null = null;
  let seen = 0;
  const stop = frames.onFrame((frame) => {
    first ??= frame;
    // Frames without a call of their own lie in between.
    const pictures = last ? Math.max(1, frame.presentedFrames - last.presentedFrames) : 1;
    const gapMs = last ? (frame.presentedAtMs - last.presentedAtMs) / pictures : 0;
    if (gapMs > freezeMs) gaps.freezes += 1;
    gaps.longestGapMs = Math.max(gaps.longestGapMs, gapMs);
    last = frame;
    const wallMs = frame.presentedAtMs + wallOffsetMs;
    if (frame.rtpTimestamp !== undefined) times.captureToPresentMs.push(msSinceCapture(frame.rtpTimestamp, wallMs));
    // Reading pixels takes a millisecond: now and then is enough, and disturbs the rest little.
    seen += 1;
    const stamp = seen % 8 === 0 ? frame.readStamp() : null;
    if (stamp) times.drawToPresentMs.push(msSince(stamp.drawnAtUs, wallMs));
  });
  return () => {
    stop();
    const spanMs = first && last ? last.presentedAtMs - first.presentedAtMs : 0;
    const presented = first && last ? last.presentedFrames - first.presentedFrames : 0;
    return { ...times, ...gaps, presentedFps: spanMs > 0 ? (presented * 1000) / spanMs : 0 };
  };
}

async function measure(
  frames: FrameSource,
  connections: readonly RTCPeerConnection[],
  options: MeasureOptions,
): Promise<Measured> {
  const inbound = async () => inboundVideo(await readStats(connections));
  const clicks: ClickTimes[] = [];
  const wallOffsetMs = measureWallClockOffset();
  let lostClicks = 0;
  const before = await inbound();
  const startMs = performance.now();
  const stop = collectFrames(frames);
  const isOver = () =>
    performance.now() - startMs >= options.seconds * 1000 && clicks.length + lostClicks >= options.clicks;
  while (!isOver()) {
    if (options.clicks === 0) {
      await sleep(options.seconds * 1000);
      continue;
    }
    const times = await click(frames, options, wallOffsetMs);
    if (times === null) lostClicks += 1;
    else clicks.push(times);
  }
  const seen = stop();
  const seconds = (performance.now() - startMs) / 1000;
  const after = await inbound();
  const grown = (name: string) => Number(after[name] ?? 0) - Number(before[name] ?? 0);
  const mean = (total: string, count: string) => (grown(count) > 0 ? (grown(total) * 1000) / grown(count) : null);
  return {
    ...{ ...seen, clicks, lostClicks, seconds },
    videoBps: (grown('bytesReceived') * 8) / seconds,
    jitterBufferMs: mean('jitterBufferDelay', 'jitterBufferEmittedCount'),
    decodeMs: mean('totalDecodeTime', 'framesDecoded'),
  };
}

function createBenchPage(): BenchPage {
  const connections = noteConnections();
  let frames: FrameSource | null = null;
  let keepsTime = false;
  const source = () => {
    frames ??= createFrameSource(findVideo(), { keepsTime });
    return frames;
  };
  return {
    prepare: (transport) => {
      // The SDK's track of decoded pictures carries their time of capture.
      keepsTime = transport === 'websocket';
      return prepareSdk({ streaming: { mode: transport } });
    },
    start: (serverSession, deadlineMs) => {
      const startedAtMs = performance.now();
      window.TCGSDK.start(serverSession);
      return firstOf(source(), 'the first frame', deadlineMs, (frame) => frame.presentedAtMs - startedAtMs);
    },
    waitForStamp: async (deadlineMs) => {
      await firstOf(source(), 'a stamp', deadlineMs, (frame) => frame.readStamp());
    },
    measure: (options) => measure(source(), connections, options),
    destroy: () => window.TCGSDK.destroy(),
  };
}

window.bench = createBenchPage();
