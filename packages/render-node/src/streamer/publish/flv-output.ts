import { AppError } from '@cloudstage/protocol';
import { AV_CODEC_ID_H264, AV_PIX_FMT_YUV420P, AV_PKT_DATA_NEW_EXTRADATA, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { type CodecContext, Dictionary, FFmpegError, FormatContext, Packet, Rational } from 'node-av/lib';
import type { SoundPacket } from '../media/sound-encoder.js';
import { splitAnnexB } from '../rtp/h264-packetizer.js';
import type { PublishFrame } from './frames.js';

type Picture = Extract<PublishFrame, { readonly type: 'video' }>;

/** An FLV stream on an RTMP connection. Every write waits for the connection. */
export interface FlvOutput {
  /** The first picture must be a key frame and begins the stream. @throws AppError `publish-failed` */
  writeVideo(picture: Picture): Promise<void>;
  /**
   * Sound of a time before the first picture is left out, also when it comes after it: a muxer takes the first time that it
   * is given as the beginning, and fails on an earlier one. @throws AppError `publish-failed`
   */
  writeSound(packet: SoundPacket): Promise<void>;
  /** Ends the stream, and the connection. Idempotent. */
  close(): Promise<void>;
}

const check = (code: number, what: string) => {
  if (code >= 0) return;
  throw new AppError('publish-failed', `${what}: ${new FFmpegError(code).message}`);
};

const startCode = Buffer.from([0, 0, 0, 1]);
const parameterSetTypes: ReadonlySet<number> = new Set([7, 8]);

/** SPS and PPS of a key frame as an Annex-B stream, from which the muxer makes its AVCC record. */
function parameterSets(picture: Buffer): Buffer {
  const units = splitAnnexB(picture).filter((unit) => parameterSetTypes.has((unit[0] ?? 0) & 0x1f));
  return Buffer.concat(units.flatMap((unit) => [startCode, unit]));
}

function addStreams(context: FormatContext, sound: CodecContext, picture: Picture, sets: Buffer): void {
  const video = context.newStream();
  video.timeBase = new Rational(1, 1_000);
  const parameters = video.codecpar;
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = AV_CODEC_ID_H264;
  parameters.format = AV_PIX_FMT_YUV420P;
  parameters.width = picture.width;
  parameters.height = picture.height;
  parameters.extradata = sets;
  const audio = context.newStream();
  audio.timeBase = new Rational(1, 1_000);
  check(audio.codecpar.fromContext(sound), 'the sound has no parameters');
}

/** Times of one stream in whole milliseconds, each later than the one before: two of one time confuse servers. */
function createTimeline() {
  let last = -1;
  return (timeMs: number): number => {
    last = Math.max(last + 1, Math.round(timeMs));
    return last;
  };
}

function createWriter(context: FormatContext) {
  const packet = new Packet();
  packet.alloc();
  const timelines = [createTimeline(), createTimeline()] as const;
  return {
    write: async (streamIndex: 0 | 1, data: Buffer, timeMs: number, keyFrame: boolean, newSets: Buffer | null) => {
      packet.data = data;
      packet.streamIndex = streamIndex;
      packet.timeBase = new Rational(1, 1_000);
      packet.pts = BigInt(timelines[streamIndex](timeMs));
      packet.dts = packet.pts;
      packet.isKeyframe = keyFrame;
      if (newSets) check(packet.addSideData(AV_PKT_DATA_NEW_EXTRADATA, newSets), 'new parameters of the picture');
      // Not interleaved by the muxer: that would hold pictures back until there is sound.
      check(await context.writeFrame(packet), 'the connection was lost');
      packet.unref();
    },
    free: () => packet.free(),
  };
}

/**
 * Connects and publishes. The context of `sound` must stay open as long as the output.
 * @throws AppError `publish-failed`; the message has no part of the URL
 */
export async function openFlvOutput(url: string, sound: CodecContext): Promise<FlvOutput> {
  const context = new FormatContext();
  check(context.allocOutputContext2(null, 'flv', url), 'the stream cannot be made');
  const opened = await context.openOutput();
  if (opened < 0) context.freeContext();
  check(opened, 'the server cannot be reached or refuses the stream');
  const writer = createWriter(context);
  let sets: Buffer | null = null;
  let beginMs = 0;
  let isOpen = true;

  async function begin(picture: Picture, found: Buffer): Promise<void> {
    addStreams(context, sound, picture, found);
    beginMs = picture.timeUs / 1_000;
    // A live stream has no length that could be written into its head afterwards.
    const options = Dictionary.fromObject({ flvflags: 'no_duration_filesize' });
    check(await context.writeHeader(options), 'the stream cannot be begun');
  }

  return {
    writeVideo: async (picture) => {
      const found = picture.keyFrame ? parameterSets(picture.data) : null;
      if (sets === null) {
        if (!found || found.length === 0) return;
        await begin(picture, found);
      }
      const changed = found !== null && sets !== null && !found.equals(sets);
      sets = found ?? sets;
      await writer.write(0, picture.data, picture.timeUs / 1_000, picture.keyFrame, changed ? sets : null);
    },
    writeSound: async ({ data, timeSamples }) => {
      const timeMs = timeSamples / 48;
      if (sets !== null && timeMs >= beginMs) await writer.write(1, data, timeMs, true, null);
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      if (sets !== null) await context.writeTrailer();
      await context.closeOutput();
      writer.free();
      context.freeContext();
    },
  };
}
