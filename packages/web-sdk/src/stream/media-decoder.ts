import type { EncodedPicture, MediaDecoderHandlers, MediaDecoderPort } from '@cloudstage/client-core';
import { createPictureSink, type PictureSink } from './picture-sink.js';
import { createSoundPlayer, type SoundPlayer } from './sound-player.js';

/** The page's elements for picture and sound. */
export interface TrackTarget {
  /** Shows a track; `keepsTime` is that of the picture's sink. */
  attach(track: MediaStreamTrack, keepsTime: boolean): void;
  /** The element has got a picture of the attached track. */
  hasPicture(): boolean;
}

/** Pictures that may wait for the decoder; more means that the device is too slow, and only a key frame helps. */
const mostQueuedPictures = 8;
/** A still picture is shown again in these pauses until the element has it: what comes before its first sink is lost. */
const repeatMs = 100;
const repeats = 20;
/**
 * What the pictures say of themselves, those of H.264 in their SPS. Chromium takes BT.709 for what a configuration does not say, whatever the SPS says:
 * pure green had 215 of 255 levels then.
 */
const colorSpace = { matrix: 'smpte170m', primaries: 'bt709', transfer: 'bt709', fullRange: false } as const;

class BrowserMediaDecoder implements MediaDecoderPort {
  readonly #handlers: MediaDecoderHandlers;
  readonly #target: TrackTarget;
  readonly #sink: PictureSink = createPictureSink();
  readonly #sound: SoundPlayer = createSoundPlayer();
  /** When pictures were handed over, by timestamp. */
  readonly #handedOverMs = new Map<number, number>();
  readonly #stats = { framesDecoded: 0, framesDropped: 0, totalDecodeTimeS: 0, width: 0, height: 0 };
  #decoder: VideoDecoder;
  #codec = '';
  /** The newest picture, kept as long as it may have to be shown again. */
  #last: VideoFrame | null = null;
  #repeat: ReturnType<typeof setInterval> | null = null;
  #closed = false;

  constructor(handlers: MediaDecoderHandlers, target: TrackTarget) {
    this.#handlers = handlers;
    this.#target = target;
    this.#decoder = this.#createDecoder();
  }

  video({ data, timestampUs, codec }: EncodedPicture): void {
    if (this.#closed) return;
    if (this.#decoder.state === 'closed') {
      this.#decoder = this.#createDecoder();
      this.#codec = '';
    }
    if (codec !== null && codec !== this.#codec) {
      this.#codec = codec;
      this.#decoder.configure({ codec, optimizeForLatency: true, colorSpace });
    }
    if (
      this.#decoder.state !== 'configured' ||
      (codec === null && this.#decoder.decodeQueueSize > mostQueuedPictures)
    ) {
      this.#stats.framesDropped += 1;
      this.#handlers.onKeyFrameNeeded();
      return;
    }
    this.#handedOverMs.set(timestampUs, performance.now());
    const type = codec === null ? 'delta' : 'key';
    this.#decoder.decode(new EncodedVideoChunk({ type, timestamp: timestampUs, data }));
  }

  audio(data: Uint8Array, timestampUs: number): void {
    if (!this.#closed) this.#sound.decode(data, timestampUs);
  }

  attach(): void {
    this.#target.attach(this.#sink.track, this.#sink.keepsTime);
    this.#target.attach(this.#sound.track, false);
    let left = repeats;
    this.#repeat = setInterval(() => {
      left -= 1;
      if (left === 0 || this.#target.hasPicture()) this.#stopRepeating();
      else if (this.#last !== null) this.#sink.show(this.#last.clone());
    }, repeatMs);
  }

  stats() {
    return { ...this.#stats, soundGaps: this.#sound.gaps() };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopRepeating();
    if (this.#decoder.state !== 'closed') this.#decoder.close();
    this.#sink.close();
    this.#sound.close();
    this.#handedOverMs.clear();
  }

  #stopRepeating(): void {
    if (this.#repeat !== null) clearInterval(this.#repeat);
    this.#repeat = null;
    this.#last?.close();
    this.#last = null;
  }

  #createDecoder(): VideoDecoder {
    return new VideoDecoder({
      output: (picture) => this.#onPicture(picture),
      error: (error) => {
        if (this.#closed) return;
        if (error.name === 'NotSupportedError') this.#handlers.onFailed(`the browser cannot decode: ${error.message}`);
        else this.#handlers.onKeyFrameNeeded();
      },
    });
  }

  #onPicture(picture: VideoFrame): void {
    if (this.#closed) {
      picture.close();
      return;
    }
    this.#account(picture);
    // The first one is kept until it is known to be on the screen; a newer one takes its place.
    if (this.#stats.framesDecoded === 1 || this.#repeat !== null) {
      this.#last?.close();
      this.#last = picture.clone();
    }
    this.#handlers.onPicture();
    this.#sink.show(picture);
  }

  #account(picture: VideoFrame): void {
    this.#stats.framesDecoded += 1;
    this.#stats.width = picture.displayWidth;
    this.#stats.height = picture.displayHeight;
    const handedOverMs = this.#handedOverMs.get(picture.timestamp);
    if (handedOverMs !== undefined) this.#stats.totalDecodeTimeS += (performance.now() - handedOverMs) / 1_000;
    // Pictures come out in order: what is older was dropped with an error.
    for (const timestamp of this.#handedOverMs.keys()) {
      if (timestamp > picture.timestamp) break;
      this.#handedOverMs.delete(timestamp);
    }
  }
}

/** Creates the decoders of one connection. @throws when the browser has none. */
export function createMediaDecoder(handlers: MediaDecoderHandlers, target: TrackTarget): MediaDecoderPort {
  return new BrowserMediaDecoder(handlers, target);
}
