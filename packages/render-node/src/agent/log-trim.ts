import { copyFile, readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { hostLimits } from '../host/limits.js';

/**
 * Cuts log files below `dir` that grew over their bound, keeping one older part as `<name>.1`. Writers hold the file open in
 * append mode, so it is emptied in place.
 */
export async function trimLogs(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      if (entry.name === 'log' || entry.name.startsWith('slot-')) await trimLogs(path);
    } else if (entry.name.endsWith('.log') && (await stat(path)).size > hostLimits.logFileBytes) {
      await copyFile(path, `${path}.1`);
      await truncate(path);
    }
  }
}
