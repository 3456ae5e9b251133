import { type PublishState, redactPublishUrl } from '@cloudstage/protocol';
import type { Logger } from 'pino';
import type { PcmSound } from '../media/audio-pipeline.js';
import type { EncodedPicture } from '../media/video-encoder.js';
import type { OutputTarget } from './frames.js';
import { publishLimits } from './limits.js';
import type { Publisher, PublisherEvents } from './publisher-process.js';
import { beginPush, type Push, type PushEvent, stepPush } from './push-state.js';

/** What a push asks of the streamer, and tells it. */
export interface PushEvents {
  readonly onState: (state: PublishState, message: string) => void;
  /** `urgent`: the server has no picture at all yet. */
  readonly requestKeyFrame: (urgent: boolean) => void;
  /** Encodes the present screen though it has not changed. */
  readonly refreshPicture: () => void;
}

/** What a {@link LivePush} works with. */
export interface LivePushDeps extends PushEvents {
  readonly startPublisher: (target: OutputTarget, events: PublisherEvents) => Publisher;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** One push from its start to its end. */
interface Run {
  readonly url: string;
  readonly keyFrameIntervalMs: number;
  push: Push;
  publisher: Publisher | null;
  connectingSinceMs: number;
  /** The server has accepted the stream. */
  isOpen: boolean;
  /** Pictures are left out until the next key frame. */
  awaitsKeyFrame: boolean;
  retryTimer: NodeJS.Timeout | undefined;
}

/**
 * The live push of a session: gives the pictures and the sound that are made anyway to a publisher process, and makes another
 * connection when one fails. Times of the push begin with its first picture and go on over all connections.
 */
export class LivePush {
  readonly #deps: LivePushDeps;
  #run: Run | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Publishers of pushes that were replaced or stopped, until they have ended: the next one waits for them, so that there are never many. */
  readonly #leaving = new Set<Promise<void>>();
  #originUs: number | null = null;
  #lastPictureMs = 0;
  #lastKeyFrameMs = 0;
  /** Of a wish that no key frame has answered yet. */
  #askedMs: number | null = null;

  constructor(deps: LivePushDeps) {
    this.#deps = deps;
  }

  /** Pictures and sound are wanted, whoever else wants them. */
  get active(): boolean {
    return this.#run !== null && this.#run.push.phase !== 'stopped';
  }

  /** Null before the first push of a session. */
  get state(): PublishState | null {
    return this.#run?.push.phase ?? null;
  }

  /** Starts; nothing to do when the same URL is pushed already, another one is replaced. */
  start(url: string, keyFrameIntervalMs: number): void {
    if (this.active && this.#run?.url === url) return;
    const { minKeyFrameIntervalMs: min, maxKeyFrameIntervalMs: max } = publishLimits;
    void this.#drop();
    this.#deps.logger.info({ url: redactPublishUrl(url) }, 'live push starts');
    this.#originUs = null;
    const run: Run = {
      url,
      keyFrameIntervalMs: Math.min(max, Math.max(min, keyFrameIntervalMs)),
      push: beginPush(this.#deps.nowMs()),
      publisher: null,
      connectingSinceMs: 0,
      isOpen: false,
      awaitsKeyFrame: true,
      retryTimer: undefined,
    };
    this.#run = run;
    this.#timer = setInterval(() => this.#tick(run), publishLimits.tickMs);
    this.#deps.onState(run.push.phase, run.push.message);
    if (this.#leaving.size === 0) this.#connect(run);
    else void Promise.all(this.#leaving).then(() => this.#run === run && this.#connect(run));
  }

  /** Ends the push in order. Idempotent. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (run) this.#dispatch(run, { type: 'stop' });
    await this.#drop();
  }

  /** Ends the push and forgets it. */
  async #drop(): Promise<void> {
    const run = this.#run;
    this.#run = null;
    clearInterval(this.#timer);
    clearTimeout(run?.retryTimer);
    if (!run?.publisher) return;
    const left = run.publisher.close().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    await left;
  }

  #connect(run: Run): void {
    run.connectingSinceMs = this.#deps.nowMs();
    run.isOpen = false;
    run.awaitsKeyFrame = true;
    const publisher = this.#deps.startPublisher(
      { format: 'flv', url: run.url },
      {
        onOpened: () => {
          if (run.publisher !== publisher) return;
          run.isOpen = true;
          this.#deps.requestKeyFrame(true);
        },
        onPublishing: () => {
          if (run.publisher === publisher) this.#dispatch(run, { type: 'published' });
        },
        onEnded: (message) => {
          if (run.publisher === publisher) this.#fail(run, message);
        },
      },
    );
    run.publisher = publisher;
  }

  #fail(run: Run, message: string): void {
    const publisher = run.publisher;
    run.publisher = null;
    run.isOpen = false;
    void publisher?.close();
    this.#dispatch(run, { type: 'failed', message });
  }

  #dispatch(run: Run, event: PushEvent): void {
    if (this.#run !== run) return;
    const before = run.push;
    const { push, retryInMs } = stepPush(before, event, this.#deps.nowMs());
    run.push = push;
    if (push.phase !== before.phase || push.message !== before.message) {
      this.#deps.logger.info({ from: before.phase, to: push.phase, reason: push.message }, 'live push');
      this.#deps.onState(push.phase, push.message);
    }
    if (push.phase === 'stopped') clearInterval(this.#timer);
    if (retryInMs === null) return;
    this.#deps.logger.debug({ reason: push.message, retryInMs }, 'live push: another connection follows');
    run.retryTimer = setTimeout(() => this.#connect(run), retryInMs);
  }

  #tick(run: Run): void {
    const nowMs = this.#deps.nowMs();
    const { publisher } = run;
    if (!publisher) return;
    if (!run.isOpen) {
      if (nowMs - run.connectingSinceMs > publishLimits.connectMs) this.#fail(run, 'the server does not answer');
      return;
    }
    const stuckMs = nowMs - (publisher.stuckSinceMs ?? nowMs);
    if (stuckMs > publishLimits.stallFailedMs) {
      this.#fail(run, 'the server takes no data');
      return;
    }
    if (stuckMs > publishLimits.stallPausedMs) this.#dispatch(run, { type: 'stalled' });
    else if (stuckMs === 0) this.#dispatch(run, { type: 'flowing' });
    if (nowMs - this.#lastKeyFrameMs >= run.keyFrameIntervalMs) this.#askForKeyFrame(nowMs);
    else if (nowMs - this.#lastPictureMs >= publishLimits.idlePictureMs) this.#deps.refreshPicture();
  }

  /** Once for each key frame: asking while it is being made would bring another one right behind it. */
  #askForKeyFrame(nowMs: number): void {
    if (this.#askedMs !== null && nowMs - this.#askedMs < publishLimits.askAgainMs) return;
    this.#askedMs = nowMs;
    this.#deps.requestKeyFrame(false);
  }

  /** Every picture of the encoder. Never blocks and never throws. */
  onPicture({ data, keyFrame, captureTimeUs, width, height }: EncodedPicture): void {
    const run = this.#run;
    const nowMs = this.#deps.nowMs();
    this.#lastPictureMs = nowMs;
    if (keyFrame) {
      this.#lastKeyFrameMs = nowMs;
      this.#askedMs = null;
    }
    if (!run?.publisher || !run.isOpen) return;
    if (run.awaitsKeyFrame && !keyFrame) return;
    if (run.publisher.queuedBytes > publishLimits.queueBytes) {
      run.awaitsKeyFrame = true;
      return;
    }
    run.awaitsKeyFrame = false;
    this.#originUs ??= captureTimeUs;
    const timeUs = captureTimeUs - this.#originUs;
    run.publisher.send({ type: 'video', timeUs, keyFrame, width, height, data });
    // The next picture is the one that is due.
    if (nowMs - this.#lastKeyFrameMs >= run.keyFrameIntervalMs) this.#askForKeyFrame(nowMs);
  }

  /** Every recorded piece of sound, silence too: a live stream has no gaps. */
  onSound({ samples, timeUs }: PcmSound): void {
    const run = this.#run;
    if (!run?.publisher || !run.isOpen || this.#originUs === null) return;
    if (run.publisher.queuedBytes > publishLimits.soundQueueBytes) return;
    const pushUs = timeUs - this.#originUs;
    if (pushUs < 0) return;
    const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    run.publisher.send({ type: 'sound', timeUs: pushUs, data });
  }
}
