import { AppError, isAppError } from '@cloudstage/protocol';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { finishPart } from '../record/part-files.js';
import { type AacEncoder, createAacEncoder } from './aac-encoder.js';
import { type PublishFrame, readFrames } from './frames.js';
import { publishLimits } from './limits.js';
import { type MediaOutput, openMediaOutput } from './media-output.js';
import type { PublisherReport } from './report.js';

/**
 * Entry of a publisher process: one connection to one RTMP server, or one file. Standard input has frames of the streamer, standard output
 * reports to it. Ends with its input, or when the connection fails. Reading waits for writing, so that a slow server is felt
 * by the streamer. A part of a recording gets its final name here, also when the streamer was killed in the middle of it.
 */

function report(message: PublisherReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Hands what is written on, and keeps the time of the latest picture or sound; null before the first picture. */
async function* watchTimes(frames: AsyncIterable<PublishFrame>, seen: { lastUs: number | null }) {
  for await (const frame of frames) {
    yield frame;
    if (frame.type === 'video' || (frame.type === 'sound' && seen.lastUs !== null)) {
      seen.lastUs = Math.max(seen.lastUs ?? 0, frame.timeUs);
    }
  }
}

async function write(frames: AsyncIterable<PublishFrame>, output: MediaOutput, sound: AacEncoder): Promise<void> {
  let isPublishing = false;
  for await (const frame of frames) {
    if (frame.type === 'sound') {
      for (const packet of sound.encode(frame.data, frame.timeUs)) await output.writeSound(packet);
    } else if (frame.type === 'video') {
      await output.writeVideo(frame);
      if (!isPublishing && frame.keyFrame) report({ type: 'publishing' });
      isPublishing ||= frame.keyFrame;
    }
  }
}

async function publish(): Promise<void> {
  const frames = readFrames(process.stdin);
  const first = await frames.next();
  // Nothing was wanted: the streamer has ended.
  if (first.done) return;
  if (first.value.type !== 'open') throw new AppError('publish-frame-invalid', 'the first frame has no target');
  const sound = await createAacEncoder();
  const { target } = first.value;
  const output = await openMediaOutput(target, sound.context);
  report({ type: 'opened' });
  const seen: { lastUs: number | null } = { lastUs: null };
  try {
    await write(watchTimes(frames, seen), output, sound);
    await output.close();
    sound.close();
  } finally {
    if (target.format === 'mp4' && seen.lastUs !== null) await finishPart(target.url, Math.round(seen.lastUs / 1_000));
  }
}

// FFmpeg's messages name the URL; what matters of them comes as results.
Log.setLevel(AV_LOG_QUIET);
// The streamer kills a publisher that does not end. One that has outlived it, as a file's writer may, ends by itself, whatever it waits for.
const streamerPid = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === streamerPid) return;
  clearInterval(watch);
  setTimeout(() => process.exit(1), publishLimits.orphanMs);
}, publishLimits.orphanCheckMs);
// Ctrl-C reaches the whole group: the streamer ends its publishers itself.
process.on('SIGINT', () => undefined);
publish()
  .catch((error: unknown) => {
    report({ type: 'failed', message: isAppError(error) ? error.message : 'the publisher failed' });
    process.exitCode = 1;
  })
  // A connection that hangs must not keep the process.
  .finally(() => process.stdout.write('', () => process.exit()));
