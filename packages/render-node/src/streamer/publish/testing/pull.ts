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
  /** Of what is audible: louder than a tenth. */
  readonly loudTimesMs: readonly number[];
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

/** A stream that has only pictures or only sound for this many packets lacks the other. */
const oneSidedPackets = 1_000;

/** Takes packets of one connection to what a test looks at. */
function createTally(input: FormatContext) {
  const decoders = new Map<number, CodecContext>();
  const frame = new Frame();
  frame.alloc();
  const pictures: PulledPicture[] = [];
  const soundTimesMs: number[] = [];
  const loudTimesMs: number[] = [];
  let sound: Pulled['sound'] | null = null;
  let peak = 0;
  let packets = 0;

  // The streams of a live connection appear with their first packets: nothing is probed, which would take a time of its own.
  function decoderOf(stream: Stream): CodecContext {
    const decoder = decoders.get(stream.index) ?? openDecoder(stream);
    decoders.set(stream.index, decoder);
    return decoder;
  }

  function add(packet: Packet, stream: Stream): void {
    const { codecType, codecId } = stream.codecpar;
    const timeMs = Math.round((Number(packet.pts) * 1_000 * stream.timeBase.num) / stream.timeBase.den);
    const keyFrame = packet.isKeyframe;
    if (codecType === AVMEDIA_TYPE_VIDEO) {
      decode(decoderOf(stream), packet, frame, () => {
        const { width, height } = frame;
        pictures.push({ timeMs, keyFrame, width, height, luma: middleLuma(frame) });
      });
    } else if (codecType === AVMEDIA_TYPE_AUDIO) {
      soundTimesMs.push(timeMs);
      decode(decoderOf(stream), packet, frame, () => {
        const codec = Codec.findDecoder(codecId)?.name ?? '';
        sound = { codec, sampleRate: frame.sampleRate, channels: frame.channels };
        const loudness = loudest(frame);
        if (loudness > 0.1) loudTimesMs.push(timeMs);
        peak = Math.max(peak, loudness);
      });
    }
  }

  return {
    add: (packet: Packet): Pulled | null => {
      const stream = input.streams.find(({ index }) => index === packet.streamIndex);
      if (stream) add(packet, stream);
      packets += 1;
      if (sound && pictures.length > 0) return { pictures, sound, peak, soundTimesMs, loudTimesMs };
      if (packets >= oneSidedPackets) throw new Error('the stream lacks picture or sound');
      return null;
    },
    free: () => {
      for (const decoder of decoders.values()) decoder.freeContext();
      frame.free();
    },
  };
}

/**
 * Plays `url` until `enough` says so. @throws when the stream cannot be opened, ends, or does not decode.
 * @param enough looks at what has been pulled so far
 */
export async function pull(url: string, enough: (pulled: Pulled) => boolean): Promise<Pulled> {
  const input = new FormatContext();
  input.allocContext();
  check(await input.openInput(url, null, null), `cannot play ${url}`);
  const packet = new Packet();
  packet.alloc();
  const tally = createTally(input);
  try {
    for (;;) {
      check(await input.readFrame(packet), 'the stream ended');
      const pulled = tally.add(packet);
      packet.unref();
      if (pulled && enough(pulled)) return pulled;
    }
  } finally {
    tally.free();
    packet.free();
    await input.closeInput();
  }
}
