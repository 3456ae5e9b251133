/** What the impairment bench and its pages say to each other. Times are milliseconds of the machine's wall clock unless named otherwise. */

/** A presented frame. */
export interface SeenFrame {
  readonly presentedAtMs: number;
  /** Frames presented since the video began, also those without a call of their own. */
  readonly presentedFrames: number;
  /** From drawing to presentation, read from the picture; null when its stamp could not be read. */
  readonly delayMs: number | null;
  /** From capture to presentation, where the RTP timestamp carries the time of capture. */
  readonly captureDelayMs: number | null;
  /** Time in the decoder, where the browser tells. */
  readonly decodeMs: number | null;
}

/** Counters of the receiver at one moment; cumulative. */
export interface ReceiverSample {
  readonly atMs: number;
  /** Payload bytes of the video without those sent again. */
  readonly bytes: number;
  readonly packetsLost: number;
  readonly nacks: number;
  readonly plis: number;
  readonly retransmitted: number;
  readonly jitterBufferDelayMs: number;
  readonly jitterBufferFrames: number;
  readonly framesDecoded: number;
  readonly keyFramesDecoded: number;
}

/** Likeness of a presented picture to what was drawn. */
export interface QualitySample {
  readonly atMs: number;
  readonly ssim: number;
  readonly psnrDb: number;
}

/** How to watch. */
export interface WatchOptions {
  readonly seconds: number;
  readonly sampleMs: number;
  /** Between two pictures that are compared. */
  readonly qualityMs: number;
  /** Whether RTP timestamps are the sender's wall clock. */
  readonly timestampsAreWallClock: boolean;
  /** Size of what is drawn at the sender. */
  readonly width: number;
  readonly height: number;
}

/** What was seen. */
export interface Watched {
  readonly startedAtMs: number;
  readonly frames: readonly SeenFrame[];
  readonly samples: readonly ReceiverSample[];
  readonly quality: readonly QualitySample[];
  /** E.g. `video/VP8`. */
  readonly codec: string;
  /** Port of the selected remote candidate: it must be the relay's. */
  readonly remotePort: number;
  /** Size of the last picture. */
  readonly presentedWidth: number;
  readonly presentedHeight: number;
}

/** The receiving page, as `window.impairment`. */
export interface ReceiverPage {
  /** Prepares the SDK; `fixedMbps` asks for that bitrate and no other. @returns the ClientSession. */
  prepare(fixedMbps: number | null): Promise<string>;
  /** Connects the SDK; resolves at the first frame. */
  start(serverSession: string, width: number, deadlineMs: number): Promise<void>;
  /** Instead of the SDK: a plain connection that receives video. @returns its offer. */
  offer(): Promise<string>;
  /** Takes the answer; resolves at the first frame. */
  answer(sdp: string, width: number, deadlineMs: number): Promise<void>;
  watch(options: WatchOptions): Promise<Watched>;
}

/** The sending page of the baseline, as `window.sender`. */
export interface SenderPage {
  /**
   * Draws the stamp and its motion and sends it, with the browser's own congestion control.
   * @returns the answer, with candidates.
   */
  answer(
    offer: string,
    options: { width: number; height: number; fps: number; maxBitrateBps: number },
  ): Promise<string>;
  /** The encoder, and for how many seconds what held it back. */
  describe(): Promise<string>;
}

declare global {
  interface Window {
    impairment: ReceiverPage;
    sender: SenderPage;
  }
}
