import { availableParallelism } from 'node:os';
import type { VideoCodec } from '../video-codec.js';
import type { CaptureSchedule } from './capture-schedule.js';
import type { CodecFailures } from './codec-failures.js';
import { createEncoderSet, type EncoderSet } from './encoder-set.js';
import type { KeyFrameGate } from './key-frame-gate.js';
import { pictureSize } from './picture-size.js';
import { encoderThreads } from './rate-control.js';
import type { Refinement } from './refinement.js';
import type { ScreenSource } from './screen-source.js';
import type { VideoPipelineDeps, VideoSettings } from './video-contract.js';
import type { VideoCounters } from './video-stats.js';

/** Mutable state of one pipeline, and the encoders that it needs now. */
export interface PipelineContext {
  readonly deps: VideoPipelineDeps;
  readonly source: ScreenSource;
  readonly schedule: CaptureSchedule;
  readonly gate: KeyFrameGate;
  settings: VideoSettings;
  /** What somebody receives; one at least. */
  codecs: readonly VideoCodec[];
  encoder: EncoderSet | undefined;
  running: boolean;
  /** The picture in progress; one at a time. */
  current: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
  refineTimer: NodeJS.Timeout | undefined;
  readonly refinement: Refinement;
  /** Of the screen, in a row; those of encoders are {@link codecFailures}. */
  failures: number;
  readonly codecFailures: CodecFailures;
  readonly counters: VideoCounters;
}

/** Of the next picture: the screen's, within the settings. */
const wantedSize = ({ source, settings }: PipelineContext) =>
  pictureSize(source.size(), settings.bound, settings.share);

/** Screen or settings have changed since this encoder was opened. */
export function isOutgrown(context: PipelineContext, { options }: EncoderSet): boolean {
  const { width, height } = wantedSize(context);
  return width !== options.width || height !== options.height;
}

/**
 * The set for screen and settings of the moment, with an encoder for each codec that somebody receives and that can be made; it may be empty.
 * Rejects with AppError `encoder-failed` when there is no memory for it.
 */
export async function ensureEncoder(context: PipelineContext): Promise<EncoderSet> {
  const { width, height } = wantedSize(context);
  const { fps, bitrateBps } = context.settings;
  const usable = context.codecFailures.usable(context.codecs);
  const old = context.encoder;
  if (old && old.options.fps === fps && !isOutgrown(context, old)) {
    await old.use(usable);
    return old;
  }
  context.encoder = undefined;
  old?.close();
  const threads = encoderThreads(width, height, availableParallelism());
  const options = { width, height, fps, bitrateBps, threads };
  const encoder = createEncoderSet(context.deps.createEncoder, options, context.codecFailures);
  context.encoder = encoder;
  await encoder.use(usable);
  encoder.setBitrate(context.settings.bitrateBps);
  context.source.invalidateAll();
  context.gate.request(true);
  return encoder;
}
