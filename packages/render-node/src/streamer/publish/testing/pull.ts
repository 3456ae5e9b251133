import { AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, type Stream } from 'node-av/lib';

/** A picture as a player sees it. */
export interface PulledPicture {
  readonly timeMs: number;
  readonly keyFrame: boolean;
  readonly width: number;
  readonly height: number;
  /** Of the pixel in the middle. */
  readonly luma: number;
}

/** What a player got. */
export interface Pulled {
  readonly pictures: readonly PulledPicture[];
  readonly sound: { readonly codec: string; readonly sampleRate: number; readonly channels: number };
  /** Loudest sample of all, 0 to 1. */
  readonly peak: number;
  readonly soundTimesMs: readonly number[];
}

const check = (code: number, what: string) => {
  if (code < 0) throw new Error(`${what}: ${new FFmpegError(code).message}`);
};

function openDecoder(stream: Stream): CodecContext {
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (!codec) throw new Error('there is no decoder');
  const context = new CodecContext();
  context.allocContext3(codec);
  check(stream.codecpar.toContext(context), 'parameters');
  check(context.open2Sync(codec, null), 'decoder');
  return context;
}

function middleLuma(frame: Frame): number {
  const plane = frame.data?.[0];
  const stride = frame.linesize[0] ?? 0;
  return plane?.[(frame.height >> 1) * stride + (frame.width >> 1)] ?? -1;
}

function loudest(frame: Frame): number {
  let peak = 0;
  for (const plane of frame.data ?? []) {
    const samples = new Float32Array(plane.buffer, plane.byteOffset, frame.nbSamples);
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  }
  return peak;
}

/** Decodes everything that a packet completes. */
function decode(decoder: CodecContext, packet: Packet, frame: Frame, onFrame: () => void): void {
  check(decoder.sendPacketSync(packet), 'a packet cannot be decoded');
  while (decoder.receiveFrameSync(frame) >= 0) {
    onFrame();
    frame.unref();
  }
}

/**
 * Plays `url` until `enough` says so. @throws when the stream cannot be opened, ends, or does not decode.
 * @param enough looks at what has been pulled so far
 */
export async function pull(url: string, enough: (pulled: Pulled) => boolean): Promise<Pulled> {
  const input = new FormatContext();
  input.allocContext();
  // A live stream: the parameters are in its first packets.
  input.maxAnalyzeDuration = 500_000n;
  check(await input.openInput(url, null, null), `cannot play ${url}`);
  const [packet, frame] = [new Packet(), new Frame()];
  packet.alloc();
  frame.alloc();
  const decoders = new Map<number, CodecContext>();
  try {
    check(await input.findStreamInfo(null), 'no streams');
    for (const stream of input.streams) decoders.set(stream.index, openDecoder(stream));
    const streamOf = (type: number) => input.streams.find(({ codecpar }) => codecpar.codecType === type);
    const [video, audio] = [streamOf(AVMEDIA_TYPE_VIDEO), streamOf(AVMEDIA_TYPE_AUDIO)];
    if (!video || !audio) throw new Error('the stream lacks picture or sound');
    const pictures: PulledPicture[] = [];
    const soundTimesMs: number[] = [];
    const { sampleRate, channels } = audio.codecpar;
    const sound = { codec: Codec.findDecoder(audio.codecpar.codecId)?.name ?? '', sampleRate, channels };
    let peak = 0;
    for (;;) {
      check(await input.readFrame(packet), 'the stream ended');
      const decoder = decoders.get(packet.streamIndex);
      const timeMs = Number(packet.pts);
      if (decoder && packet.streamIndex === video.index) {
        const keyFrame = packet.isKeyframe;
        decode(decoder, packet, frame, () => {
          const { width, height } = frame;
          pictures.push({ timeMs, keyFrame, width, height, luma: middleLuma(frame) });
        });
      } else if (decoder) {
        soundTimesMs.push(timeMs);
        decode(decoder, packet, frame, () => {
          peak = Math.max(peak, loudest(frame));
        });
      }
      packet.unref();
      const pulled = { pictures, sound, peak, soundTimesMs };
      if (enough(pulled)) return pulled;
    }
  } finally {
    for (const decoder of decoders.values()) decoder.freeContext();
    packet.free();
    frame.free();
    await input.closeInput();
  }
}
