import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DisplayDriver } from './display.js';
import { xorgConfig } from './xorg-config.js';

const xorgPath = '/usr/lib/xorg/Xorg';
const dummyDriverPath = '/usr/lib/xorg/modules/drivers/dummy_drv.so';
const xvfbPath = '/usr/bin/Xvfb';

/**
 * Xorg with the dummy driver: everything Xvfb has, plus touch and pixel-precise scrolling through inputtest. Nobody may
 * connect to the inputtest socket and leave again: Xorg then spins at full CPU for ever.
 */
export const xorgDummyDriver: DisplayDriver = {
  name: 'xorg-dummy',
  missing: () =>
    existsSync(xorgPath) && existsSync(dummyDriverPath)
      ? null
      : 'Xorg or its dummy driver is missing: apt-get install xserver-xorg-core xserver-xorg-video-dummy',
  prepare: async (dir, { maxWidth, maxHeight }) => {
    const configPath = join(dir, 'xorg.conf');
    const emptyDir = join(dir, 'conf.d');
    await mkdir(emptyDir, { mode: 0o755 });
    const text = xorgConfig({ maxWidth, maxHeight, touchSocketPath: join(dir, 'touch.sock') });
    await writeFile(configPath, text, { mode: 0o644 });
    // Standard error gets the same lines as Xorg's own log, into a file that we bound.
    return [xorgPath, '-config', configPath, '-configdir', emptyDir, '-logfile', '/dev/null', '-verbose', '1'];
  },
};

/** Xvfb: starts with the largest screen and is shrunk with RANDR. No touch. */
export const xvfbDriver: DisplayDriver = {
  name: 'xvfb',
  missing: () => (existsSync(xvfbPath) ? null : 'Xvfb is missing: apt-get install xvfb'),
  prepare: async (_dir, { maxWidth, maxHeight }) => {
    const side = Math.max(maxWidth, maxHeight);
    return [xvfbPath, '-screen', '0', `${side}x${side}x24`];
  },
};

/** Drivers to try for the configured wish. */
export function displayDrivers(wish: 'auto' | 'xorg-dummy' | 'xvfb'): readonly DisplayDriver[] {
  if (wish === 'xorg-dummy') return [xorgDummyDriver];
  return wish === 'xvfb' ? [xvfbDriver] : [xorgDummyDriver, xvfbDriver];
}
