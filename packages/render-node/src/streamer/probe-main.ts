import { AV_LOG_QUIET } from 'node-av/constants';
import { Log } from 'node-av/lib';
import { makesStreams } from './encoder-check.js';
import { hardwareRecipes } from './media/hardware-encoders.js';

/**
 * Probe of the encoders of graphics cards: `node dist/streamer/probe-main.js` prints the FFmpeg names of those that work, one a line. A process of its
 * own, because a driver may crash or hang.
 */

Log.setLevel(AV_LOG_QUIET);
for (const recipe of hardwareRecipes) {
  if (await makesStreams(recipe)) process.stdout.write(`${recipe.name}\n`);
}
