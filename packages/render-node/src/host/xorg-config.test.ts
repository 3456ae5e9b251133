import { expect, it } from 'vitest';
import { xorgConfig } from './xorg-config.js';

it('has memory for a landscape and a portrait screen of the largest size', () => {
  const text = xorgConfig({ maxWidth: 2560, maxHeight: 1440, touchSocketPath: '/run/slot-0/x/touch.sock' });
  const videoRamKiB = Number(/VideoRam (\d+)/.exec(text)?.[1]);
  expect(videoRamKiB * 1024).toBeGreaterThanOrEqual(2560 * 2560 * 4);
  expect(text).toContain('Option "SocketPath" "/run/slot-0/x/touch.sock"');
  expect(text.match(/^Section/gm)?.length).toBe(text.match(/^EndSection/gm)?.length);
});
