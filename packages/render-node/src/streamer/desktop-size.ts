import type { StreamerDeps } from './deps.js';
import { checkResolution } from './media/stream-settings.js';

/** Sets the size of the screen, odd sides rounded down. @returns whether it is one that the display takes. */
export async function setDesktopSize(
  { display, logger }: Pick<StreamerDeps, 'display' | 'logger'>,
  width: number,
  height: number,
): Promise<boolean> {
  const size = checkResolution(width, height);
  if (!size) return false;
  try {
    await display.setScreenSize(size.width, size.height);
    return true;
  } catch (error) {
    logger.info({ err: error, width, height }, 'the desktop could not be resized');
    return false;
  }
}
