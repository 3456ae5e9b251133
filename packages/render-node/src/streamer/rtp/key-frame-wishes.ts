import { rtpLimits } from './limits.js';

/** Decides which of a peer's wishes for a key frame go further. What all peers wish together is coalesced where pictures are made. */
export interface KeyFrameWishes {
  /** A key frame left for this peer. */
  onKeyFrame(nowUs: number): void;
  /** PLI, FIR or a picture that was left out. @returns whether to ask for a key frame */
  wish(nowUs: number, rttMs: number): boolean;
}

/**
 * A player's wish counts unless a key frame is under way to it. A viewer has a budget besides, because the key frames that it takes are sent to
 * everybody. PURE apart from its memory. A wish that is refused is made again by the receiver, or with the next picture.
 */
export function createKeyFrameWishes(role: 'player' | 'viewer'): KeyFrameWishes {
  let lastKeyFrameUs = Number.NEGATIVE_INFINITY;
  let budget: number = rtpLimits.viewerKeyFrames;
  let lastWishUs: number | undefined;
  const refill = (nowUs: number) => {
    const earned = (nowUs - (lastWishUs ?? nowUs)) / (rtpLimits.viewerKeyFrameIntervalMs * 1_000);
    lastWishUs = nowUs;
    budget = Math.min(rtpLimits.viewerKeyFrames, budget + earned);
  };
  return {
    onKeyFrame: (nowUs) => {
      lastKeyFrameUs = nowUs;
    },
    wish: (nowUs, rttMs) => {
      if (nowUs - lastKeyFrameUs < Math.max(rtpLimits.keyFrameUnderWayMs, rttMs) * 1_000) return false;
      if (role === 'player') return true;
      refill(nowUs);
      if (budget < 1) return false;
      budget--;
      return true;
    },
  };
}
