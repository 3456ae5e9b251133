import { type VideoCodec, videoCodecs } from '../video-codec.js';
import { createCaptureSchedule } from './capture-schedule.js';
import { type CodecFailures, createCodecFailures, failurePauseMs } from './codec-failures.js';
import { createKeyFrameGate } from './key-frame-gate.js';
import { mediaLimits } from './limits.js';
import { ensureEncoder, isOutgrown, type PipelineContext } from './pipeline-context.js';
import { createRefinement } from './refinement.js';
import type { ScreenSource } from './screen-source.js';
import type { VideoPipelineDeps, VideoSettings } from './video-contract.js';
import { createVideoCounters, type VideoStats } from './video-stats.js';

async function makePicture(context: PipelineContext): Promise<void> {
  const encoder = await ensureEncoder(context);
  context.schedule.onRead();
  if (encoder.isEmpty) return;
  const captureTimeUs = context.deps.clock();
  const grabbed = await context.source.grab(encoder.frame);
  // The screen was resized meanwhile; the next round makes an encoder for it.
  if (isOutgrown(context, encoder)) {
    context.schedule.onForced();
    return;
  }
  const forceKeyFrame = context.gate.dueInMs(performance.now()) === 0;
  if (forceKeyFrame) context.gate.onKeyFrame(performance.now());
  const encodeStartUs = context.deps.clock();
  const pictures = await encoder.encode(captureTimeUs, forceKeyFrame);
  const encodeEndUs = context.deps.clock();
  // Every encoder has failed. The next round, which the pump arms, makes the picture again.
  if (pictures.length === 0) return;
  context.counters.add(
    grabbed,
    (encodeEndUs - encodeStartUs) / 1_000,
    pictures.some(({ keyFrame }) => keyFrame),
  );
  const { fps, bitrateBps } = context.settings;
  context.refinement.onPicture({
    changed: grabbed !== null,
    bits: Math.max(...pictures.map(({ data }) => data.length * 8)),
    shareBits: bitrateBps / fps,
    intervalMs: 1_000 / fps,
  });
  if (context.running) context.deps.onPicture(pictures, { grabbed, encodeStartUs, encodeEndUs });
}

/**
 * Opens the encoder and makes one picture that nobody gets: the first picture of a fresh encoder took 60 to 80 ms at 1080p, the first one
 * of a later connection to the same encoder 6 to 25 ms.
 */
async function warmUp(context: PipelineContext): Promise<void> {
  const encoder = await ensureEncoder(context);
  if (!encoder.isFresh) return;
  await context.source.grab(encoder.frame);
  if (isOutgrown(context, encoder)) return;
  await encoder.encode(context.deps.clock(), true);
  // Reference pictures of the next one are known to nobody.
  context.gate.request(true);
}

async function runOnce(context: PipelineContext): Promise<void> {
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
    armTimer(context, failurePauseMs(context.failures));
  } else {
    pump(context);
  }
}

function armTimer(context: PipelineContext, delayMs: number): void {
  clearTimeout(context.timer);
  context.timer = setTimeout(() => {
    context.timer = undefined;
    pump(context);
  }, delayMs);
}

/** Encodes the same screen again when nothing changes until then. */
function armRepetition(context: PipelineContext): void {
  clearTimeout(context.refineTimer);
  context.refineTimer = setTimeout(() => {
    if (context.current) return;
    context.schedule.onForced();
    pump(context);
  }, context.refinement.delayMs());
}

function pump(context: PipelineContext): void {
  if (!context.running || context.current) return;
  const retryInMs = context.codecFailures.retryInMs(context.codecs);
  if (context.codecFailures.usable(context.codecs).length === 0) {
    if (retryInMs !== null) armTimer(context, retryInMs);
    return;
  }
  const keyFrameInMs = context.gate.dueInMs(performance.now());
  if (keyFrameInMs === 0 || retryInMs === 0) context.schedule.onForced();
  const decision = context.schedule.decide(performance.now());
  if (decision.type === 'now' && context.deps.shouldHold()) {
    armTimer(context, mediaLimits.holdPollMs);
    return;
  }
  if (decision.type === 'now') {
    clearTimeout(context.timer);
    context.timer = undefined;
    clearTimeout(context.refineTimer);
    context.current = runOnce(context);
    return;
  }
  const delays = [decision.type === 'later' ? decision.delayMs : null, keyFrameInMs];
  const delayMs = Math.min(...delays.map((delay) => delay ?? Number.POSITIVE_INFINITY));
  const wakeInMs = Math.min(delayMs, retryInMs ?? Number.POSITIVE_INFINITY);
  if (Number.isFinite(wakeInMs)) armTimer(context, wakeInMs);
  if (!Number.isFinite(delayMs)) armRepetition(context);
}

/**
 * Screen → encoded pictures, driven by changes of the screen. While it is stopped nothing runs. Latest wins: when the encoder is busy
 * at the time of a capture, the capture waits and takes the newest screen; pictures never queue.
 */
export class VideoPipeline {
  readonly #context: PipelineContext;

  constructor(deps: VideoPipelineDeps, settings: VideoSettings) {
    const source = deps.createSource(() => this.#onDamage());
    this.#context = {
      deps,
      source,
      schedule: createCaptureSchedule(settings.fps),
      gate: createKeyFrameGate(mediaLimits.keyFrameIntervalMs),
      settings,
      codecs: [videoCodecs[0]],
      encoder: undefined,
      running: false,
      current: undefined,
      timer: undefined,
      refineTimer: undefined,
      refinement: createRefinement(),
      failures: 0,
      codecFailures: createCodecFailures(deps.logger, () => performance.now()),
      counters: createVideoCounters(),
    };
  }

  #onDamage(): void {
    const { schedule, source } = this.#context;
    const nowMs = performance.now();
    schedule.onDamage(nowMs);
    pump(this.#context);
    if (schedule.wantsSteps(nowMs)) source.awaitMore();
  }

  /** The source, for what paints into the picture. */
  get source(): ScreenSource {
    return this.#context.source;
  }

  /** Rows changed that the display does not report, such as those under a drawn pointer. */
  invalidateRows(top: number, height: number): void {
    this.#context.source.invalidate(top, height);
    this.#context.schedule.onOwnChange();
    pump(this.#context);
  }

  /** Warms up ahead of the first peer, so that its first picture does not wait for that. Nothing to do while it runs. Never rejects. */
  async prepare(): Promise<void> {
    const context = this.#context;
    if (context.current || context.running) return;
    const preparing = warmUp(context).catch((error: unknown) =>
      context.deps.logger.warn({ err: error }, 'the encoder could not be prepared'),
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
    context.schedule.onOwnChange();
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

  /** Encodes the present screen though nothing on it has changed. */
  refresh(): void {
    this.#context.schedule.onForced();
    pump(this.#context);
  }

  /** New rate or size; a changed frame rate or size takes a new encoder and therefore a key frame. */
  configure(settings: VideoSettings): void {
    const context = this.#context;
    const before = context.settings;
    context.settings = settings;
    context.schedule.setFps(settings.fps);
    if (settings.fps !== before.fps || (context.encoder && isOutgrown(context, context.encoder)))
      context.schedule.onForced();
    else if (settings.bitrateBps !== before.bitrateBps) context.encoder?.setBitrate(settings.bitrateBps);
    pump(context);
  }

  /** Codecs that somebody receives; none leaves what is there. An encoder that comes new begins with a key frame. */
  setCodecs(codecs: readonly VideoCodec[]): void {
    const context = this.#context;
    const before = context.codecs;
    if (codecs.length === 0 || (codecs.length === before.length && codecs.every((codec) => before.includes(codec))))
      return;
    context.codecs = codecs;
    context.schedule.onForced();
    pump(context);
  }

  /** Codecs that fail, and are not to be given to clients. */
  get codecFailures(): Pick<CodecFailures, 'isWithdrawn' | 'offer'> {
    return this.#context.codecFailures;
  }

  /** The size of the screen changed: a new encoder and a key frame follow. */
  onResize(): void {
    this.refresh();
  }

  stats(): VideoStats {
    return this.#context.counters.stats();
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
