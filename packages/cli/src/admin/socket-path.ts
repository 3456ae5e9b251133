import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { limits } from '../limits.js';

/** Where the instance that uses `dataDir` listens for the command line. */
export function adminSocketPath(dataDir: string): string {
  return join(dataDir, 'admin.sock');
}

/**
 * The kernel cuts longer paths off without a word.
 * @throws AppError `data-dir-unusable`
 */
export function checkSocketPath(path: string): void {
  if (Buffer.byteLength(path) > limits.socketPathBytes) {
    throw new AppError(
      'data-dir-unusable',
      `${path} is longer than the ${limits.socketPathBytes} bytes a Unix socket may have. Set dataDir (CLOUDSTAGE_DATA_DIR) to a shorter path.`,
    );
  }
}
