import { rename, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { recordLimits } from './limits.js';
import { openPartName, parsePartName, wholePartName } from './part-name.js';
import type { PartFiles } from './recording.js';

/** The files of a recording on this machine's disk. */
export function createPartFiles(): PartFiles {
  return {
    hasRoom: async (directory) => {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize >= recordLimits.minFreeBytes;
    },
    openPath: (directory, startedAt) => join(directory, openPartName(startedAt)),
    finish: async (path, durationMs) => {
      const startedAt = parsePartName(basename(path))?.startedAt ?? 0;
      await rename(path, join(dirname(path), wholePartName(startedAt, durationMs)));
    },
  };
}
