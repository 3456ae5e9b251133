import type { Logger } from 'pino';
import { createTokenBucket } from '../control/token-bucket.js';
import type { PcmSound } from '../media/audio-pipeline.js';
import type { EncodedPicture } from '../media/video-encoder.js';
import type { OutputTarget } from '../publish/frames.js';
import { parameterSets } from '../publish/parameter-sets.js';
import type { Publisher, PublisherEvents } from '../publish/publisher-process.js';
import { recordLimits } from './limits.js';

/** What a recording asks of the streamer. */
export interface RecordingEvents {
  readonly requestKeyFrame: (urgent: boolean) => void;
}

/** What a {@link Recording} works with. */
export interface RecordingDeps extends RecordingEvents {
  readonly startWriter: (target: OutputTarget, events: PublisherEvents) => Publisher;
  readonly files: PartFiles;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** Where parts are written. */
export interface PartFiles {
  /** Room on the disk of `directory` for another part. Rejects when it cannot be told. */
  hasRoom(directory: string): Promise<boolean>;
  /** Path of a part that begins. */
  openPath(directory: string, startedAt: number): string;
}

interface Part {
  readonly beginUs: number;
  readonly width: number;
  readonly height: number;
  readonly sets: Buffer;
  readonly writer: Publisher;
  bytes: number;
  /** Pictures are left out until the next key frame. */
  awaitsKeyFrame: boolean;
}

/**
 * The recording of a session: gives the pictures and the sound that are made anyway to a process that writes fragmented MP4 files.
 * A new part begins with the first picture, with another picture size, and when one has grown large; what was written can be played
 * whatever dies.
 */
export class Recording {
  readonly #deps: RecordingDeps;
  #directory: string | null = null;
  #part: Part | null = null;
  #timer: NodeJS.Timeout | undefined;
  #lastKeyFrameMs = Number.NEGATIVE_INFINITY;
  #retryAtMs = 0;
  #failures = 0;
  #roomKnown = false;
  /** Its disk had no room when it was last looked at. */
  #isFull = false;
  /** Bounds the parts that changes of the picture begin. */
  readonly #changes = createTokenBucket(recordLimits.changesPerSecond, recordLimits.changes);
  /** Parts whose writers are still at work. */
  readonly #closing = new Set<Promise<void>>();

  constructor(deps: RecordingDeps) {
    this.#deps = deps;
  }

  /** Pictures and sound are wanted, whoever else wants them. */
  get active(): boolean {
    return this.#directory !== null;
  }

  /** Records into `directory` until it is told otherwise; the same one again changes nothing. */
  start(directory: string): void {
    if (this.#directory === directory) return;
    if (this.#directory !== null) this.#endPart();
    this.#directory = directory;
    this.#failures = 0;
    this.#retryAtMs = 0;
    this.#roomKnown = false;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), recordLimits.tickMs);
    this.#tick();
  }

  /** Resolves when all parts are whole, or after a while: their writers go on by themselves. Idempotent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#directory = null;
    this.#endPart();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, recordLimits.stopMs);
    });
    await Promise.race([Promise.all(this.#closing), late]);
    clearTimeout(timer);
  }

  #tick(): void {
    const directory = this.#directory;
    const nowMs = this.#deps.nowMs();
    if (directory === null || nowMs < this.#retryAtMs) return;
    if (this.#part) {
      if (nowMs - this.#lastKeyFrameMs >= recordLimits.keyFrameIntervalMs) this.#deps.requestKeyFrame(false);
      return;
    }
    // Asked again until a part has begun.
    this.#retryAtMs = nowMs + recordLimits.retryMs;
    this.#deps.files.hasRoom(directory).then(
      (hasRoom) => {
        if (this.#directory !== directory || this.#part) return;
        this.#roomKnown = hasRoom;
        if (hasRoom) this.#deps.requestKeyFrame(true);
        if (hasRoom === this.#isFull) this.#noteRoom(hasRoom);
      },
      (error: unknown) => {
        if (this.#directory === directory) this.#fail(`the place of recordings cannot be used: ${String(error)}`);
      },
    );
  }

  /** No failure that counts: room can come back at any time. */
  #noteRoom(hasRoom: boolean): void {
    this.#isFull = !hasRoom;
    if (hasRoom) this.#deps.logger.info('the disk has room for recordings again');
    else this.#deps.logger.error('the session is not recorded: the disk has no room');
  }

  #fail(reason: string): void {
    this.#failures += 1;
    const context = { reason, failures: this.#failures };
    if (this.#failures === 1) this.#deps.logger.error(context, 'the session is not recorded at the moment');
    if (this.#failures < recordLimits.failures) return;
    this.#deps.logger.error(context, 'the session is recorded no more');
    clearInterval(this.#timer);
    this.#directory = null;
  }

  #beginPart(directory: string, picture: EncodedPicture, sets: Buffer): Part {
    const { captureTimeUs, width, height } = picture;
    const url = this.#deps.files.openPath(directory, Math.round(captureTimeUs / 1_000));
    const writer = this.#deps.startWriter(
      { format: 'mp4', url },
      {
        onOpened: () => undefined,
        onPublishing: () => {
          this.#failures = 0;
        },
        onEnded: (message) => {
          if (this.#part?.writer !== writer) return;
          this.#endPart();
          this.#retryAtMs = this.#deps.nowMs() + recordLimits.retryMs;
          this.#fail(message);
        },
      },
    );
    return { beginUs: captureTimeUs, width, height, sets, writer, bytes: 0, awaitsKeyFrame: false };
  }

  #endPart(): void {
    const part = this.#part;
    this.#part = null;
    this.#roomKnown = false;
    this.#retryAtMs = 0;
    if (!part) return;
    const closed = part.writer.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  /** Ends a part that this key frame cannot go into, or should not. */
  #endPartBefore(part: Part, picture: EncodedPicture, sets: Buffer): void {
    const isLong = picture.captureTimeUs - part.beginUs >= recordLimits.partMs * 1_000;
    const isOther = part.width !== picture.width || part.height !== picture.height || !part.sets.equals(sets);
    if (!isLong && !isOther && part.bytes < recordLimits.partBytes) return;
    this.#endPart();
    const nowMs = this.#deps.nowMs();
    // There was room for this one, which is all that another look would tell.
    this.#roomKnown = !isOther || this.#changes.take(1, nowMs);
    if (this.#roomKnown) return;
    this.#retryAtMs = nowMs + recordLimits.changesPauseMs;
    this.#deps.logger.info('the picture changes its size all the time: it is not recorded for a moment');
  }

  /** Every picture of the encoder. Never blocks and never throws. */
  onPicture(picture: EncodedPicture): void {
    if (this.#directory === null) return;
    const { data, keyFrame, captureTimeUs, width, height } = picture;
    if (keyFrame) {
      this.#lastKeyFrameMs = this.#deps.nowMs();
      const sets = parameterSets(data);
      if (this.#part) this.#endPartBefore(this.#part, picture, sets);
      if (!this.#part && this.#roomKnown) this.#part = this.#beginPart(this.#directory, picture, sets);
    }
    const part = this.#part;
    if (!part || (part.awaitsKeyFrame && !keyFrame)) return;
    part.awaitsKeyFrame = part.writer.queuedBytes > recordLimits.queueBytes;
    if (part.awaitsKeyFrame) {
      this.#deps.requestKeyFrame(false);
      return;
    }
    part.bytes += data.length;
    part.writer.send({ type: 'video', timeUs: captureTimeUs - part.beginUs, keyFrame, width, height, data });
  }

  /** Every recorded piece of sound, silence too. */
  onSound({ samples, timeUs }: PcmSound): void {
    const part = this.#part;
    if (!part || timeUs < part.beginUs || part.writer.queuedBytes > recordLimits.soundQueueBytes) return;
    const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    part.writer.send({ type: 'sound', timeUs: timeUs - part.beginUs, data });
  }
}
