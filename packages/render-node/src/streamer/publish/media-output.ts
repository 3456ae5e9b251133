import { AppError } from '@cloudstage/protocol';
import {
  AV_CODEC_ID_H264,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PIX_FMT_YUV420P,
  AV_PKT_DATA_NEW_EXTRADATA,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { type CodecContext, Dictionary, FFmpegError, FormatContext, Packet, Rational } from 'node-av/lib';
import { type SoundPacket, soundSampleRate } from '../media/sound-encoder.js';
import type { OutputTarget, PublishFrame } from './frames.js';
import { publishLimits } from './limits.js';
import { parameterSets } from './parameter-sets.js';

type Picture = Extract<PublishFrame, { readonly type: 'video' }>;

/** A stream of pictures and sound into one {@link OutputTarget}. Every write waits for the connection, or the disk. */
export interface MediaOutput {
  /**
   * The first picture must be a key frame and begins the stream. A file keeps the parameter sets it began with: who writes to one
   * must not give it other ones. @throws AppError `publish-failed`
   */
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

/** Time units of pictures a second, as in RTP. */
const videoUnits = 90_000;

/** What it means that nothing can be written any more. */
const broken = { flv: 'the connection was lost', mp4: 'the file cannot be written' } as const;

/** Muxer options of each format. */
const muxerOptions = {
  // A live stream has no length that could be written into its head afterwards.
  flv: { flvflags: 'no_duration_filesize' },
  // Everything a player needs stands in front, and each fragment is whole by itself: nothing is missing in a file whose writer was killed but its last fragment.
  mp4: {
    movflags: '+frag_keyframe+empty_moov+default_base_moof',
    frag_duration: String(publishLimits.fileFragmentMs * 1_000),
    flush_packets: '1',
  },
} as const;

function addStreams(context: FormatContext, sound: CodecContext, picture: Picture, sets: Buffer): void {
  const video = context.newStream();
  // What a muxer makes of it is read back from the stream: FLV has milliseconds.
  video.timeBase = new Rational(1, videoUnits);
  const parameters = video.codecpar;
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = AV_CODEC_ID_H264;
  parameters.format = AV_PIX_FMT_YUV420P;
  parameters.width = picture.width;
  parameters.height = picture.height;
  parameters.extradata = sets;
  const audio = context.newStream();
  audio.timeBase = new Rational(1, soundSampleRate);
  check(audio.codecpar.fromContext(sound), 'the sound has no parameters');
}

/** Times of one stream in its own units, each later than the one before: two of one time confuse servers. */
function createTimeline(unitsPerSecond: number) {
  let last = -1;
  return (timeUs: number): number => {
    last = Math.max(last + 1, Math.round((timeUs * unitsPerSecond) / 1_000_000));
    return last;
  };
}

/**
 * A fragment that sound has filled ends with a picture whose length nobody knows yet, and FFmpeg's muxer would give the next picture, which may be
 * seconds away, the time at which it had guessed that this one ends (movenc.c, `mov_write_single_packet`). Told that the next fragment is
 * discontinuous, which it forgets with each fragment, it keeps to the time that it is given.
 */
function keepTimes(context: FormatContext): void {
  const code = context.setOption('movflags', '+frag_discont', AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN);
  check(code, 'the format has no fragments');
}

function createWriter(context: FormatContext, format: OutputTarget['format']) {
  const packet = new Packet();
  packet.alloc();
  const lanes = context.streams.map(({ timeBase }) => {
    const { num, den } = timeBase;
    return { timeBase, time: createTimeline(den / num) };
  });
  return {
    write: async (streamIndex: 0 | 1, data: Buffer, timeUs: number, keyFrame: boolean, newSets: Buffer | null) => {
      const lane = lanes[streamIndex];
      if (!lane) throw new AppError('publish-failed', 'the stream has not begun');
      packet.data = data;
      packet.streamIndex = streamIndex;
      packet.timeBase = lane.timeBase;
      packet.pts = BigInt(lane.time(timeUs));
      packet.dts = packet.pts;
      packet.isKeyframe = keyFrame;
      if (newSets) check(packet.addSideData(AV_PKT_DATA_NEW_EXTRADATA, newSets), 'new parameters of the picture');
      if (format === 'mp4') keepTimes(context);
      // Not interleaved by the muxer: that would hold pictures back until there is sound.
      check(await context.writeFrame(packet), broken[format]);
      packet.unref();
    },
    free: () => packet.free(),
  };
}

/**
 * Connects, or makes the file. The context of `sound` must stay open as long as the output.
 * @throws AppError `publish-failed`; the message has no part of the URL
 */
export async function openMediaOutput({ format, url }: OutputTarget, sound: CodecContext): Promise<MediaOutput> {
  const context = new FormatContext();
  check(context.allocOutputContext2(null, format, url), 'the stream cannot be made');
  const opened = await context.openOutput();
  if (opened < 0) context.freeContext();
  const what = { flv: 'the server cannot be reached or refuses the stream', mp4: 'the file cannot be made' } as const;
  check(opened, what[format]);
  let writer: ReturnType<typeof createWriter> | null = null;
  let sets: Buffer = Buffer.alloc(0);
  let beginUs = 0;
  let isOpen = true;

  async function begin(picture: Picture, found: Buffer): Promise<ReturnType<typeof createWriter>> {
    addStreams(context, sound, picture, found);
    beginUs = picture.timeUs;
    sets = found;
    check(await context.writeHeader(Dictionary.fromObject(muxerOptions[format])), 'the stream cannot be begun');
    return createWriter(context, format);
  }

  return {
    writeVideo: async (picture) => {
      const found = picture.keyFrame ? parameterSets(picture.data) : null;
      if (!writer && (!found || found.length === 0)) return;
      writer ??= await begin(picture, found ?? sets);
      const changed = found !== null && !found.equals(sets);
      sets = found ?? sets;
      await writer.write(0, picture.data, picture.timeUs, picture.keyFrame, changed ? sets : null);
    },
    writeSound: async ({ data, timeSamples }) => {
      const timeUs = (timeSamples * 1_000_000) / soundSampleRate;
      if (writer && timeUs >= beginUs) await writer.write(1, data, timeUs, true, null);
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      if (writer) await context.writeTrailer();
      await context.closeOutput();
      writer?.free();
      context.freeContext();
    },
  };
}
