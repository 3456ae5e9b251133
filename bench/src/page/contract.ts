/** What the bench and its page say to each other. Times are milliseconds. */

/** How to measure. */
export interface MeasureOptions {
  readonly seconds: number;
  /** At least so many; 0: nothing is clicked, and nothing read. */
  readonly clicks: number;
  readonly clickLostMs: number;
  readonly clickPauseMs: { readonly min: number; readonly max: number };
}

/** How long one click took, and its parts one after the other; what is left of `toPhoton` is capture→present. */
export interface ClickTimes {
  /** From `sendMouseEvent` to the presentation of the first frame that shows the press. */
  readonly toPhoton: number;
  /** Until the program had the event: page, data channel, port mux, streamer, X server. */
  readonly toProgram: number;
  /** From there until the program began to draw it. */
  readonly toDrawing: number;
  /** Drawing, and until the picture was captured; null when the frame does not tell when that was. */
  readonly toCapture: number | null;
}

/** What was measured. */
export interface Measured {
  readonly captureToPresentMs: readonly number[];
  readonly drawToPresentMs: readonly number[];
  readonly clicks: readonly ClickTimes[];
  readonly lostClicks: number;
  readonly presentedFps: number;
  /** Gaps beyond 200 ms between presented frames, and the longest gap. A still screen is all gap. */
  readonly freezes: number;
  readonly longestGapMs: number;
  /** Payload of the video, bits a second. */
  readonly videoBps: number;
  /** Means of the receiver's own counters; null without frames. */
  readonly jitterBufferMs: number | null;
  readonly decodeMs: number | null;
  readonly seconds: number;
}

/** The page's part, as `window.bench`. */
export interface BenchPage {
  /** Prepares the SDK to receive in one way only. @returns the ClientSession. */
  prepare(transport: 'webrtc' | 'websocket'): Promise<string>;
  /** Connects. @returns the time from `start` to the first presented frame. */
  start(serverSession: string, deadlineMs: number): Promise<number>;
  /** Resolves when a stamp is readable. */
  waitForStamp(deadlineMs: number): Promise<void>;
  /** Runs for at least `seconds` and until `clicks` clicks have been answered or lost. */
  measure(options: MeasureOptions): Promise<Measured>;
  destroy(): void;
}
