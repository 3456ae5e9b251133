import { join } from 'node:path';
import {
  decodeStamp,
  packStamp,
  registerStamp,
  type Stamp,
  sampleBlocks,
  stampLayout,
  stampShares,
} from '@cloudstage/bench';
import type { Page } from 'playwright-core';
import { type Product, until } from './product.js';

/** The bench's stamp program as a project of an instance. */
export async function addStampProject(product: Product): Promise<string> {
  const archive = join(product.dataDir, 'stamp.zip');
  await packStamp(archive);
  const applicationId = await registerStamp(product, archive);
  const project = await product.cli<{ ProjectId: string }>(
    'project',
    'add',
    '--name',
    'stamp',
    '--application',
    applicationId,
    '--resolution',
    '1280x720',
    '--fps',
    '60',
    '--max-bitrate-mbps',
    '8',
  );
  return project.ProjectId;
}

/** The stamp in the frame that is presented now, whatever its size; null while the picture shows no whole stamp. */
export async function readStamp(page: Page): Promise<Stamp | null> {
  const width = stampLayout.columns * stampLayout.blockSize;
  const height = stampLayout.rows * stampLayout.blockSize;
  const pictures = await page.evaluate(
    ([left, top, w, h, shares]) => {
      const video = document.querySelector('video');
      const context = new OffscreenCanvas(w, h).getContext('2d', { willReadFrequently: true });
      if (!video || video.videoWidth === 0 || !context) return [];
      return shares.map((share) => {
        context.drawImage(video, left * share, top * share, w * share, h * share, 0, 0, w, h);
        const { data } = context.getImageData(0, 0, w, h);
        let text = '';
        for (let i = 1; i < data.length; i += 4) text += String.fromCharCode(data[i] ?? 0);
        return text;
      });
    },
    [stampLayout.left, stampLayout.top, width, height, stampShares] as const,
  );
  for (const pixels of pictures) {
    const rgba = new Uint8Array(width * height * 4);
    for (let i = 0; i < width * height; i += 1) rgba[i * 4 + 1] = pixels.charCodeAt(i);
    const stamp = decodeStamp(sampleBlocks(rgba, width));
    if (stamp) return stamp;
  }
  return null;
}

/** Presses a key in the middle of the picture until the picture shows that the program has it. @param keycode that of X11 */
export async function keyArrives(page: Page, key: string, keycode: number): Promise<void> {
  await page.mouse.click(640, 360);
  await page.keyboard.down(key);
  await until(`key ${key}`, async () => {
    const seen = await readStamp(page);
    if (seen?.inputKind !== 'key' || seen.inputDetail !== keycode) throw new Error(JSON.stringify(seen));
    return true;
  });
  await page.keyboard.up(key);
}
