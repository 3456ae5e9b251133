import { rename, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { recordLimits } from './limits.js';
import { openPartName, parsePartName, wholePartName } from './part-name.js';
import type { PartFiles } from './recording.js';

/**
 * Gives a part its final name, which says how long it is. Its writer does that: it ends after a streamer that was killed, and alone knows what is in it.
 * A file that is no part keeps its name. Rejects with the system's error.
 */
export async function finishPart(path: string, durationMs: number): Promise<void> {
  const part = parsePartName(basename(path));
  if (part?.durationMs !== null) return;
  await rename(path, join(dirname(path), wholePartName(part.startedAt, durationMs)));
}

/** The files of a recording on this machine's disk. */
export function createPartFiles(): PartFiles {
  return {
    hasRoom: async (directory) => {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize >= recordLimits.minFreeBytes;
    },
    openPath: (directory, startedAt) => join(directory, openPartName(startedAt)),
  };
}
