import { decodeStamp, type Stamp, sampleBlocks, stampLayout, stampShares } from '../stamp/stamp-code.js';
import { medianOf, rtpTimestampOf } from './clock.js';

/** A presented frame. */
export interface Frame {
  /** `performance.now()` at which the browser handed the frame to its compositor. */
  readonly presentedAtMs: number;
  /** Frames presented since the video began, also those without a call of their own. */
  readonly presentedFrames: number;
  readonly rtpTimestamp: number | undefined;
  /** Time from the decoder's input to its output; null where the browser does not tell. */
  readonly decodeMs: number | null;
  /** Reads the stamp from the frame's pixels, while the frame is the current one. */
  readStamp(): Stamp | null;
}

/** Hands out the presented frames of a video. */
export interface FrameSource {
  /** Calls `act` for every frame until the returned function is called. */
  onFrame(act: (frame: Frame) => void): () => void;
}

/** @param sourceWidth width of what was sent; a sender may make it smaller on its way. */
function createStampReader(video: HTMLVideoElement, sourceWidth: number | undefined): () => Stamp | null {
  const { left, top, blockSize, columns, rows } = stampLayout;
  const [width, height] = [columns * blockSize, rows * blockSize];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
  const readAt = (scale: number): Stamp | null => {
    if (!context || video.videoWidth < (left + width) * scale) return null;
    context.drawImage(video, left * scale, top * scale, width * scale, height * scale, 0, 0, width, height);
    return decodeStamp(sampleBlocks(context.getImageData(0, 0, width, height).data, width));
  };
  /** The share of the last stamp that was read. */
  let last: number = stampShares[0];
  return () => {
    if (sourceWidth !== undefined) return readAt(video.videoWidth / sourceWidth);
    for (const share of [last, ...stampShares.filter((other) => other !== last)]) {
      const stamp = readAt(share);
      if (stamp === null) continue;
      last = share;
      return stamp;
    }
    return null;
  };
}

/** What to know of a video. */
export interface FrameSourceOptions {
  /** Width of the picture before the sender, where it may differ. */
  readonly sourceWidth?: number;
  /** The media time of a frame is its RTP timestamp (of a WebSocket), which frames of WebRTC tell themselves. */
  readonly keepsTime?: boolean;
}

/** Follows a video by `requestVideoFrameCallback`. */
export function createFrameSource(video: HTMLVideoElement, options: FrameSourceOptions = {}): FrameSource {
  const { sourceWidth, keepsTime = false } = options;
  const listeners = new Set<(frame: Frame) => void>();
  const readStamp = createStampReader(video, sourceWidth);
  const step: VideoFrameRequestCallback = (_now, metadata) => {
    video.requestVideoFrameCallback(step);
    const { presentationTime: presentedAtMs, presentedFrames, mediaTime } = metadata;
    const rtpTimestamp = keepsTime ? rtpTimestampOf(mediaTime) : metadata.rtpTimestamp;
    const decodeMs = metadata.processingDuration === undefined ? null : metadata.processingDuration * 1_000;
    for (const act of listeners) act({ presentedAtMs, presentedFrames, rtpTimestamp, decodeMs, readStamp });
  };
  video.requestVideoFrameCallback(step);
  return {
    onFrame: (act) => {
      listeners.add(act);
      return () => listeners.delete(act);
    },
  };
}

/**
 * Difference between the machine's wall clock and this page's: `Date.now()` steps by whole milliseconds, so its steps are
 * compared with the page's fine clock. `performance.timeOrigin` alone does not follow corrections of the wall clock.
 */
export function measureWallClockOffset(): number {
  const offsets: number[] = [];
  for (let index = 0; index < 21; index += 1) {
    const before = Date.now();
    let wall = before;
    while (wall === before) wall = Date.now();
    offsets.push(wall - performance.now());
  }
  return medianOf(offsets);
}
