import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import { type CaptureSchedule, createCaptureSchedule } from './capture-schedule.js';
import type { WallClock } from './clock.js';
import { createKeyFrameGate, type KeyFrameGate } from './key-frame-gate.js';
import { mediaLimits } from './limits.js';
import { createPercentiles } from './percentiles.js';
import { encoderThreads } from './rate-control.js';
import type { GrabTimings, ScreenSource } from './screen-source.js';
import type { EncodedPicture, VideoEncoder, VideoEncoderOptions } from './video-encoder.js';

/** What the pipeline is made of. */
export interface VideoPipelineDeps {
  /** Built with the callback it must call on damage. */
  readonly createSource: (onDamage: () => void) => ScreenSource;
  readonly createEncoder: (options: VideoEncoderOptions) => Promise<VideoEncoder>;
  readonly clock: WallClock;
  readonly logger: Logger;
  /** Every encoded picture, in order. Must not throw. */
  readonly onPicture: (picture: EncodedPicture) => void;
}

/** Rate of the stream. */
export interface VideoSettings {
  readonly fps: number;
  readonly bitrateBps: number;
}

/** Numbers of a pipeline; times are percentiles over the last pictures, in milliseconds. */
export interface VideoStats {
  readonly framesCaptured: number;
  readonly framesEncoded: number;
  readonly keyFrames: number;
  readonly captureMsP50: number;
  readonly convertMsP50: number;
  readonly encodeMsP50: number;
  readonly encodeMsP95: number;
}

/** Mutable state of one pipeline, shared by the functions below. */
interface Context {
  readonly deps: VideoPipelineDeps;
  readonly source: ScreenSource;
  readonly schedule: CaptureSchedule;
  readonly gate: KeyFrameGate;
  settings: VideoSettings;
  encoder: VideoEncoder | undefined;
  running: boolean;
  /** The picture in progress; one at a time. */
  current: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
  refineTimer: NodeJS.Timeout | undefined;
  refinementsLeft: number;
  failures: number;
  readonly counts: { captured: number; encoded: number; keyFrames: number };
  readonly timings: Record<'capture' | 'convert' | 'encode', ReturnType<typeof createPercentiles>>;
}

/** Pause after a failed picture; doubles up to the second value. */
const failureDelayMs = { first: 20, most: 1_000 } as const;

async function ensureEncoder(context: Context): Promise<VideoEncoder> {
  const { width, height } = context.source.size();
  const { fps, bitrateBps } = context.settings;
  const old = context.encoder;
  const fits = old?.options.width === width && old.options.height === height && old.options.fps === fps;
  if (old && fits) return old;
  context.encoder = undefined;
  old?.close();
  const threads = encoderThreads(width, height, availableParallelism());
  const encoder = await context.deps.createEncoder({ width, height, fps, bitrateBps, threads });
  context.encoder = encoder;
  encoder.setBitrate(context.settings.bitrateBps);
  context.source.invalidateAll();
  context.gate.request(true);
  return encoder;
}

function addTimings(context: Context, grabbed: GrabTimings | null, encodeMs: number): void {
  if (grabbed) {
    context.counts.captured++;
    context.timings.capture.add(grabbed.captureMs);
    context.timings.convert.add(grabbed.convertMs);
  }
  context.counts.encoded++;
  context.timings.encode.add(encodeMs);
}

async function makePicture(context: Context): Promise<void> {
  const encoder = await ensureEncoder(context);
  const captureTimeUs = context.deps.clock();
  const grabbed = await context.source.grab(encoder.frame);
  if (grabbed) context.refinementsLeft = mediaLimits.refinements;
  const { width, height } = context.source.size();
  // The screen was resized meanwhile; the next round makes an encoder for it.
  if (width !== encoder.options.width || height !== encoder.options.height) {
    context.schedule.onForced();
    return;
  }
  const forceKeyFrame = context.gate.dueInMs(performance.now()) === 0;
  if (forceKeyFrame) context.gate.onKeyFrame(performance.now());
  const startMs = performance.now();
  const picture = await encoder.encode(captureTimeUs, forceKeyFrame);
  addTimings(context, grabbed, performance.now() - startMs);
  if (picture.keyFrame) context.counts.keyFrames++;
  if (context.running) context.deps.onPicture(picture);
}

async function runOnce(context: Context): Promise<void> {
  context.schedule.onCaptureStart(performance.now());
  try {
    await makePicture(context);
    context.failures = 0;
  } catch (error) {
    context.failures++;
    if (context.failures === 1) context.deps.logger.warn({ err: error }, 'a picture could not be made');
    context.encoder?.close();
    context.encoder = undefined;
    context.schedule.onForced();
  }
  context.schedule.onEncoderIdle();
  context.current = undefined;
  if (context.failures > 0) {
    const delayMs = Math.min(failureDelayMs.most, failureDelayMs.first * 2 ** Math.min(10, context.failures));
    armTimer(context, delayMs);
  } else {
    pump(context);
  }
}

function armTimer(context: Context, delayMs: number): void {
  clearTimeout(context.timer);
  context.timer = setTimeout(() => {
    context.timer = undefined;
    pump(context);
  }, delayMs);
}

/** After motion has ended the same picture is encoded again a few times: constant bitrate leaves it coarse. */
function armRefinement(context: Context): void {
  clearTimeout(context.refineTimer);
  if (context.refinementsLeft === 0) return;
  context.refineTimer = setTimeout(() => {
    if (context.current) return;
    context.refinementsLeft--;
    context.schedule.onForced();
    pump(context);
  }, mediaLimits.refinementDelayMs);
}

function pump(context: Context): void {
  if (!context.running || context.current) return;
  const keyFrameInMs = context.gate.dueInMs(performance.now());
  if (keyFrameInMs === 0) context.schedule.onForced();
  const decision = context.schedule.decide(performance.now());
  if (decision.type === 'now') {
    clearTimeout(context.timer);
    context.timer = undefined;
    clearTimeout(context.refineTimer);
    context.current = runOnce(context);
    return;
  }
  const delays = [decision.type === 'later' ? decision.delayMs : null, keyFrameInMs];
  const delayMs = Math.min(...delays.map((delay) => delay ?? Number.POSITIVE_INFINITY));
  if (Number.isFinite(delayMs)) armTimer(context, delayMs);
  else armRefinement(context);
}

/**
 * Screen → H.264, driven by changes of the screen. While it is stopped nothing runs. Latest wins: when the encoder is busy
 * at the time of a capture, the capture waits and takes the newest screen; pictures never queue.
 */
export class VideoPipeline {
  readonly #context: Context;

  constructor(deps: VideoPipelineDeps, settings: VideoSettings) {
    const source = deps.createSource(() => this.#onDamage());
    this.#context = {
      deps,
      source,
      schedule: createCaptureSchedule(settings.fps),
      gate: createKeyFrameGate(mediaLimits.keyFrameIntervalMs),
      settings,
      encoder: undefined,
      running: false,
      current: undefined,
      timer: undefined,
      refineTimer: undefined,
      refinementsLeft: 0,
      failures: 0,
      counts: { captured: 0, encoded: 0, keyFrames: 0 },
      timings: {
        capture: createPercentiles(mediaLimits.timingSamples),
        convert: createPercentiles(mediaLimits.timingSamples),
        encode: createPercentiles(mediaLimits.timingSamples),
      },
    };
  }

  #onDamage(): void {
    this.#context.schedule.onDamage();
    pump(this.#context);
  }

  /** The source, for what paints into the picture. */
  get source(): ScreenSource {
    return this.#context.source;
  }

  /** Rows changed that the display does not report, such as those under a drawn pointer. */
  invalidateRows(top: number, height: number): void {
    this.#context.source.invalidate(top, height);
    this.#onDamage();
  }

  /** Opens the encoder ahead of the first peer, so that its first picture does not wait for that. Never rejects. */
  async prepare(): Promise<void> {
    const context = this.#context;
    if (context.current) return;
    const preparing = ensureEncoder(context).then(
      () => undefined,
      (error: unknown) => context.deps.logger.warn({ err: error }, 'the encoder could not be prepared'),
    );
    context.current = preparing;
    await preparing;
    if (context.current === preparing) context.current = undefined;
    pump(context);
  }

  start(): void {
    const context = this.#context;
    if (context.running) return;
    context.running = true;
    context.source.start();
    context.schedule.onDamage();
    pump(context);
  }

  stop(): void {
    const context = this.#context;
    context.running = false;
    clearTimeout(context.timer);
    clearTimeout(context.refineTimer);
    context.timer = undefined;
    context.source.stop();
  }

  /** `urgent` for a peer without any picture; otherwise rate-limited over all peers. */
  requestKeyFrame(urgent: boolean): void {
    this.#context.gate.request(urgent);
    pump(this.#context);
  }

  /** New rate; a changed frame rate takes a new encoder and therefore a key frame. */
  configure(settings: VideoSettings): void {
    const context = this.#context;
    const before = context.settings;
    context.settings = settings;
    context.schedule.setFps(settings.fps);
    if (settings.fps !== before.fps) context.schedule.onForced();
    else if (settings.bitrateBps !== before.bitrateBps) context.encoder?.setBitrate(settings.bitrateBps);
    pump(context);
  }

  /** The size of the screen changed: a new encoder and a key frame follow. */
  onResize(): void {
    this.#context.schedule.onForced();
    pump(this.#context);
  }

  stats(): VideoStats {
    const { counts, timings } = this.#context;
    return {
      framesCaptured: counts.captured,
      framesEncoded: counts.encoded,
      keyFrames: counts.keyFrames,
      captureMsP50: timings.capture.at(0.5),
      convertMsP50: timings.convert.at(0.5),
      encodeMsP50: timings.encode.at(0.5),
      encodeMsP95: timings.encode.at(0.95),
    };
  }

  /** Ends the picture in progress, then releases encoder and source. Idempotent. */
  async close(): Promise<void> {
    this.stop();
    await this.#context.current;
    this.#context.encoder?.close();
    this.#context.encoder = undefined;
    this.#context.source.close();
  }
}
