import { motionFrame } from '../stamp/motion.js';
import { contentTop, msSince } from '../stamp/stamp-code.js';
import { msSinceCapture } from './clock.js';
import { findStat, inboundVideo, noteConnections, readStats, type Stat } from './connections.js';
import { createFrameSource, type FrameSource, measureWallClockOffset } from './frames.js';
import type {
  QualitySample,
  ReceiverPage,
  ReceiverSample,
  SeenFrame,
  Watched,
  WatchOptions,
} from './impairment-contract.js';
import { prepareSdk } from './sdk.js';
import { lumaOf, psnr, ssim } from './ssim.js';
import { findVideo, firstOf, sleep } from './waiting.js';

/** Runs in the browser: receives a picture over a bad path and notes what became of it. */

function sampleOf(stats: readonly Stat[], atMs: number): ReceiverSample {
  const inbound = inboundVideo(stats);
  const number = (name: string) => Number(inbound[name] ?? 0);
  return {
    atMs,
    bytes: number('bytesReceived') - number('retransmittedBytesReceived'),
    packetsLost: number('packetsLost'),
    nacks: number('nackCount'),
    plis: number('pliCount'),
    retransmitted: number('retransmittedPacketsReceived'),
    jitterBufferDelayMs: number('jitterBufferDelay') * 1_000,
    jitterBufferFrames: number('jitterBufferEmittedCount'),
    framesDecoded: number('framesDecoded'),
    keyFramesDecoded: number('keyFramesDecoded'),
  };
}

function describePath(stats: readonly Stat[]): { readonly codec: string; readonly remotePort: number } {
  const codec = findStat(stats, ({ id }) => id === inboundVideo(stats).codecId);
  const transport = findStat(stats, ({ type }) => type === 'transport');
  const pair = findStat(stats, ({ id }) => id === transport.selectedCandidatePairId);
  const remote = findStat(stats, ({ id }) => id === pair.remoteCandidateId);
  return { codec: String(codec.mimeType ?? ''), remotePort: Number(remote.port ?? 0) };
}

function softwareCanvas(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, alpha: false });
  if (!context) throw new Error('the page has no canvas');
  return context;
}

interface Crop {
  readonly atMs: number;
  readonly frame: number;
  readonly luma: Uint8Array;
}

/** The middle of the content, half as wide and as high. */
function cropOf({ width, height }: WatchOptions) {
  const [w, h] = [Math.floor(width / 2), Math.floor((height - contentTop) / 2)];
  return { x: Math.floor(width / 4), y: contentTop + Math.floor((height - contentTop) / 4), w, h };
}

function createCropper(video: HTMLVideoElement, options: WatchOptions): (atMs: number, frame: number) => Crop {
  const { x, y, w, h } = cropOf(options);
  const context = softwareCanvas(w, h);
  return (atMs, frame) => {
    const scale = video.videoWidth / options.width;
    context.drawImage(video, x * scale, y * scale, w * scale, h * scale, 0, 0, w, h);
    return { atMs, frame, luma: lumaOf(context.getImageData(0, 0, w, h).data) };
  };
}

/** Draws again what was sent, and compares. After the measurement: it takes tens of milliseconds a picture. */
async function compare(crops: readonly Crop[], options: WatchOptions): Promise<QualitySample[]> {
  const { x, y, w, h } = cropOf(options);
  const context = softwareCanvas(options.width, options.height);
  const samples: QualitySample[] = [];
  for (const { atMs, frame, luma } of crops) {
    for (const { colour, rectangles } of motionFrame(frame, options.width, options.height)) {
      context.fillStyle = `#${colour.toString(16).padStart(6, '0')}`;
      for (let at = 0; at < rectangles.length; at += 4) {
        const [left = 0, top = 0, width = 0, height = 0] = rectangles.slice(at, at + 4);
        context.fillRect(left, top, width, height);
      }
    }
    const drawn = lumaOf(context.getImageData(x, y, w, h).data);
    samples.push({ atMs, ssim: ssim(drawn, luma, w), psnrDb: psnr(drawn, luma) });
    await sleep(0);
  }
  return samples;
}

async function watch(
  source: FrameSource,
  connections: readonly RTCPeerConnection[],
  options: WatchOptions,
): Promise<Watched> {
  const wallOffsetMs = measureWallClockOffset();
  const startedAtMs = performance.now() + wallOffsetMs;
  const endMs = startedAtMs + options.seconds * 1_000;
  const video = findVideo();
  const crop = createCropper(video, options);
  const [frames, crops, samples]: [SeenFrame[], Crop[], ReceiverSample[]] = [[], [], []];
  let nextCropMs = startedAtMs;
  const stop = source.onFrame((frame) => {
    const presentedAtMs = frame.presentedAtMs + wallOffsetMs;
    const stamp = frame.readStamp();
    const { presentedFrames, rtpTimestamp, decodeMs } = frame;
    const delayMs = stamp ? msSince(stamp.drawnAtUs, presentedAtMs) : null;
    const isTimed = rtpTimestamp !== undefined && options.timestampsAreWallClock;
    const captureDelayMs = isTimed ? msSinceCapture(rtpTimestamp, presentedAtMs) : null;
    frames.push({ presentedAtMs, presentedFrames, delayMs, captureDelayMs, decodeMs });
    if (!stamp || presentedAtMs < nextCropMs) return;
    nextCropMs = presentedAtMs + options.qualityMs;
    crops.push(crop(presentedAtMs, stamp.frame));
  });
  let stats: readonly Stat[] = [];
  for (let now = startedAtMs; now < endMs; now = performance.now() + wallOffsetMs) {
    stats = await readStats(connections);
    if (stats.length > 0) samples.push(sampleOf(stats, performance.now() + wallOffsetMs));
    await sleep(options.sampleMs);
  }
  stop();
  const { videoWidth: presentedWidth, videoHeight: presentedHeight } = video;
  const seen = { startedAtMs, frames, samples, presentedWidth, presentedHeight, ...describePath(stats) };
  return { ...seen, quality: await compare(crops, options) };
}

function createReceiverPage(): ReceiverPage {
  const connections = noteConnections();
  let source: FrameSource | null = null;
  let plain: RTCPeerConnection | null = null;
  const firstFrame = async (width: number, deadlineMs: number) => {
    source = createFrameSource(findVideo(), { sourceWidth: width });
    await firstOf(source, 'a stamp', deadlineMs, (frame) => frame.readStamp());
  };
  return {
    prepare: (fixedMbps) =>
      prepareSdk(
        fixedMbps === null
          ? {}
          : { streamProfile: { fps: 60, min_bitrate: fixedMbps, max_bitrate: fixedMbps, unit: 'Mbps' } },
      ),
    start: (serverSession, width, deadlineMs) => {
      window.TCGSDK.start(serverSession);
      return firstFrame(width, deadlineMs);
    },
    offer: async () => {
      plain = new RTCPeerConnection();
      const { receiver } = plain.addTransceiver('video', { direction: 'recvonly' });
      // The least delay that the browser allows: the product's receiver asks for the same.
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      const video = document.createElement('video');
      Object.assign(video, { muted: true, autoplay: true, srcObject: new MediaStream([receiver.track]) });
      document.getElementById('mount')?.append(video);
      await plain.setLocalDescription();
      return plain.localDescription?.sdp ?? '';
    },
    answer: async (sdp, width, deadlineMs) => {
      await plain?.setRemoteDescription({ type: 'answer', sdp });
      await firstFrame(width, deadlineMs);
    },
    watch: (options) => {
      if (!source) throw new Error('nothing is received yet');
      return watch(source, connections, options);
    },
  };
}

window.impairment = createReceiverPage();
