import { patchColours, patchCorner, patchSide } from '@cloudstage/bench';
import type { Page } from 'playwright-core';
import { until } from './product.js';

/** How far the colours on the page are from those that the program draws: levels of 255, over all channels of all patches. */
export interface ColourErrors {
  readonly largest: number;
  readonly mean: number;
  /** Patches of the largest errors: what was drawn, what is shown. */
  readonly worst: readonly { readonly drawn: readonly number[]; readonly shown: readonly number[] }[];
}

const middle = 16;
const screenWidth = 1_280;

/** Mean colours of the middles of the patches in the frame that is presented now, as the page's canvas gets them; null before the first. */
async function readPatches(page: Page): Promise<readonly (readonly number[])[] | null> {
  const places = patchColours.map((_, index) => {
    const { x, y } = patchCorner(index, screenWidth);
    return [x + (patchSide - middle) / 2, y + (patchSide - middle) / 2] as const;
  });
  return page.evaluate(
    ([corners, side, width]) => {
      const video = document.querySelector('video');
      if (!video || video.videoWidth !== width) return null;
      const context = new OffscreenCanvas(width, video.videoHeight).getContext('2d', { willReadFrequently: true });
      if (!context) return null;
      context.drawImage(video, 0, 0);
      return corners.map(([x, y]) => {
        const { data } = context.getImageData(x, y, side, side);
        const sums = [0, 0, 0];
        for (let at = 0; at < data.length; at += 1)
          if (at % 4 < 3) sums[at % 4] = (sums[at % 4] ?? 0) + (data[at] ?? 0);
        return sums.map((sum) => sum / (side * side));
      });
    },
    [places, middle, screenWidth] as const,
  );
}

/** Compares the content `colours` of the stamp program with what the page shows now; null before the first picture. */
export async function colourErrors(page: Page): Promise<ColourErrors | null> {
  const shown = await readPatches(page);
  if (!shown) return null;
  const patches = patchColours.map((drawn, index) => ({ drawn, shown: shown[index] ?? [] }));
  const errorOf = (patch: (typeof patches)[number]) =>
    Math.max(...patch.drawn.map((level, channel) => Math.abs(level - (patch.shown[channel] ?? 0))));
  const all = patches.flatMap((patch) =>
    patch.drawn.map((level, channel) => Math.abs(level - (patch.shown[channel] ?? 0))),
  );
  const worst = [...patches].sort((a, b) => errorOf(b) - errorOf(a)).slice(0, 4);
  return { largest: Math.max(...all), mean: all.reduce((sum, error) => sum + error, 0) / all.length, worst };
}

/** Conversion there and back, and quantizing, come to about 4 levels; another matrix or range to 16 and more. */
const mostError = 8;

/** Waits until the page shows the colours of the content `colours`. */
export async function showsColours(page: Page): Promise<void> {
  await until('true colours', async () => {
    const errors = await colourErrors(page);
    if (!errors || errors.largest > mostError) throw new Error(JSON.stringify(errors));
    return true;
  });
}
