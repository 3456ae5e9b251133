import { type ClientSessionController, rtpTimestampOfUs } from '@cloudstage/client-core';
import type { EventResponse } from '../api-events.js';
import type { View } from './view.js';

/** What playback needs. */
export interface PlaybackDeps {
  readonly view: View;
  readonly session: ClientSessionController;
  readonly clickBodyToPlay: boolean;
  emit(event: EventResponse): void;
  /** Milliseconds from start() until now. */
  sinceStartMs(): number;
}

/** Period and number of looks for the picture's size; Firefox reports it some frames after `play` resolves. */
const sizePollMs = 50;
const sizePolls = 1_200;

const text = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Plays the picture and the sound of one connection, and reports presented frames to the session. */
export class Playback {
  readonly #deps: PlaybackDeps;
  readonly #stop = new AbortController();
  #videoWanted: 'play' | 'pause' = 'play';
  #audioWanted: 'play' | 'pause' = 'play';

  constructor(deps: PlaybackDeps) {
    this.#deps = deps;
    const { video, audio } = deps.view.elements;
    const { signal } = this.#stop;
    for (const [media, type] of [
      [video, 'video_state'],
      [audio, 'audio_state'],
    ] as const) {
      for (const [code, name] of ['playing', 'pause', 'ended'].entries()) {
        media.addEventListener(name, () => deps.emit({ type, data: { code: code as 0 | 1 | 2, message: name } }), {
          signal,
        });
      }
    }
    video.addEventListener('loadedmetadata', () => deps.session.mediaReady(), { signal });
    if (deps.clickBodyToPlay) {
      for (const gesture of ['pointerdown', 'keydown', 'touchend']) {
        document.addEventListener(gesture, () => this.#playBlocked(), { signal, capture: true });
      }
    }
    this.#watchFrames();
  }

  /** The connection is established: starts both and reports what came of it. */
  begin(): void {
    const { view, emit } = this.#deps;
    view.elements.video
      .play()
      .then(() => this.#firstFrame())
      .catch((error: unknown) => {
        emit({ type: 'autoplay', data: { code: -1, message: text(error), mediaType: 'video' } });
      });
    view.elements.audio
      .play()
      .then(() => emit({ type: 'autoplay', data: { code: 0, message: 'audio play success', mediaType: 'audio' } }))
      .catch((error: unknown) => {
        emit({ type: 'autoplay', data: { code: -1, message: text(error), mediaType: 'audio' } });
      });
  }

  /** Plays or pauses the picture for good: no gesture resumes a paused one. */
  async setVideo(status: 'play' | 'pause'): Promise<void> {
    this.#videoWanted = status;
    const { video } = this.#deps.view.elements;
    if (status === 'play') await video.play();
    else video.pause();
  }

  async setAudio(status: 'play' | 'pause'): Promise<void> {
    this.#audioWanted = status;
    const { audio } = this.#deps.view.elements;
    if (status === 'play') await audio.play();
    else audio.pause();
  }

  /** Idempotent. */
  close(): void {
    this.#stop.abort();
  }

  #firstFrame(left = sizePolls): void {
    const { view, emit, sinceStartMs, session } = this.#deps;
    const { width, height } = view.streamSize();
    if (this.#stop.signal.aborted || left === 0) return;
    if (width === 0 || height === 0) {
      setTimeout(() => this.#firstFrame(left - 1), sizePollMs);
      return;
    }
    view.reshape();
    if (!('requestVideoFrameCallback' in HTMLVideoElement.prototype)) {
      session.framePresented({ presentedAtMs: performance.timeOrigin + performance.now() });
    }
    emit({ type: 'first_frame', data: { duration: Math.round(sinceStartMs()), width, height } });
    emit({ type: 'autoplay', data: { code: 0, message: 'video play success', mediaType: 'video' } });
  }

  #watchFrames(): void {
    const { video } = this.#deps.view.elements;
    if (!('requestVideoFrameCallback' in HTMLVideoElement.prototype)) return;
    const onFrame: VideoFrameRequestCallback = (_now, metadata) => {
      if (this.#stop.signal.aborted) return;
      const { presentationTime, mediaTime, receiveTime, processingDuration } = metadata;
      const { keepsTime } = this.#deps.view;
      const rtpTimestamp = keepsTime ? rtpTimestampOfUs(mediaTime * 1_000_000) : metadata.rtpTimestamp;
      this.#deps.session.framePresented({
        presentedAtMs: performance.timeOrigin + presentationTime,
        ...(rtpTimestamp === undefined ? {} : { rtpTimestamp }),
        ...(receiveTime === undefined ? {} : { receivedAtMs: performance.timeOrigin + receiveTime }),
        ...(processingDuration === undefined ? {} : { decodeMs: processingDuration * 1_000 }),
      });
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  #playBlocked(): void {
    const { view, session } = this.#deps;
    const { video, audio } = view.elements;
    if (session.phase !== 'established') return;
    // A second refusal was already reported as an autoplay event.
    if (video.paused && this.#videoWanted === 'play') video.play().catch(() => undefined);
    if (audio.paused && audio.srcObject !== null && this.#audioWanted === 'play') audio.play().catch(() => undefined);
  }
}
