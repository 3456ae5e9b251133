import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { timeAv1 } from './av1-check.js';
import { makesStreams } from './encoder-check.js';
import { streamerLimits } from './limits.js';
import { av1EncoderName } from './media/av1-encoder.js';
import { hardwareRecipes } from './media/hardware-encoders.js';

/**
 * Probe of one encoder: `node dist/streamer/probe-main.js <name> [untimed]` prints the name when the encoder works, AV1 only when it is fast enough
 * or `untimed`. A process of its own, because a driver may crash or hang.
 */

const [, , name, mode] = process.argv;

async function works(): Promise<boolean> {
  if (name === av1EncoderName) {
    const ms = await timeAv1();
    process.stderr.write(`${name}: ${ms?.toFixed(1) ?? 'no'} ms of processor time a picture\n`);
    return ms !== null && (mode === 'untimed' || ms <= streamerLimits.av1PictureMs);
  }
  const recipe = hardwareRecipes.find((entry) => entry.name === name);
  return recipe !== undefined && (await makesStreams(recipe));
}

Log.setLevel(AV_LOG_QUIET);
if (await works()) process.stdout.write(`${name}\n`);
