/** Makes a track of decoded pictures, so that the page's `<video>` shows them as it shows those of WebRTC. */
export interface PictureSink {
  readonly track: MediaStreamTrack;
  /** True: times of presented frames (`mediaTime`) are those of the pictures. */
  readonly keepsTime: boolean;
  /** Shows a picture and closes it. */
  show(picture: VideoFrame): void;
  close(): void;
}

/** Chromium's way to make a track of frames; not in the DOM's declarations. */
type TrackGenerator = MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> };
type TrackGeneratorConstructor = new (init: { readonly kind: 'video' }) => TrackGenerator;

function generatorConstructor(): TrackGeneratorConstructor | undefined {
  return (globalThis as { readonly MediaStreamTrackGenerator?: TrackGeneratorConstructor }).MediaStreamTrackGenerator;
}

function createGeneratorSink(Generator: TrackGeneratorConstructor): PictureSink {
  const track = new Generator({ kind: 'video' });
  const writer = track.writable.getWriter();
  return {
    track,
    keepsTime: true,
    show(picture) {
      // The writer closes what it has taken.
      writer.write(picture).catch(() => picture.close());
    },
    close() {
      writer.close().catch(() => undefined);
      track.stop();
    },
  };
}

function createCanvasSink(): PictureSink {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false, desynchronized: true });
  const [track] = canvas.captureStream().getVideoTracks();
  if (context === null || track === undefined) throw new Error('there is no track for pictures');
  return {
    track,
    keepsTime: false,
    show(picture) {
      const { displayWidth, displayHeight } = picture;
      if (canvas.width !== displayWidth || canvas.height !== displayHeight) {
        canvas.width = displayWidth;
        canvas.height = displayHeight;
      }
      context.drawImage(picture, 0, 0);
      picture.close();
    },
    close: () => track.stop(),
  };
}

/** Creates the sink: a generated track where the browser has it, else the captured track of a canvas, one frame later. */
export function createPictureSink(): PictureSink {
  const Generator = generatorConstructor();
  return Generator === undefined ? createCanvasSink() : createGeneratorSink(Generator);
}
