import { AppError, isAppError } from '@cloudstage/protocol';
import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { createAacEncoder } from './aac-encoder.js';
import { readFrames } from './frames.js';
import { openMediaOutput } from './media-output.js';
import type { PublisherReport } from './report.js';

/**
 * Entry of a publisher process: one connection to one RTMP server, or one file. Standard input has frames of the streamer, standard output
 * reports to it. Ends with its input, or when the connection fails. Reading waits for writing, so that a slow server is felt
 * by the streamer.
 */

function report(message: PublisherReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function publish(): Promise<void> {
  const frames = readFrames(process.stdin);
  const first = await frames.next();
  // Nothing was wanted: the streamer has ended.
  if (first.done) return;
  if (first.value.type !== 'open') throw new AppError('publish-frame-invalid', 'the first frame has no target');
  const sound = await createAacEncoder();
  const output = await openMediaOutput(first.value.target, sound.context);
  report({ type: 'opened' });
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
  await output.close();
  sound.close();
}

// FFmpeg's messages name the URL; what matters of them comes as results.
Log.setLevel(AV_LOG_QUIET);
// Ctrl-C reaches the whole group: the streamer ends its publishers itself.
process.on('SIGINT', () => undefined);
publish()
  .catch((error: unknown) => {
    report({ type: 'failed', message: isAppError(error) ? error.message : 'the publisher failed' });
    process.exitCode = 1;
  })
  // A connection that hangs must not keep the process.
  .finally(() => process.stdout.write('', () => process.exit()));
