import { contentTop } from './stamp-code.js';

/** PURE: the colours that the content `colours` shows, one a patch, and where they lie. Used by the program that draws them and by the page that reads them back. */

/** Pixels of a side: 4 macroblocks of H.264, so that the middle of a patch has nothing of its neighbours. */
export const patchSide = 64;

const steps = [0, 85, 170, 255];
const cube = steps.flatMap((red) => steps.flatMap((green) => steps.map((blue) => [red, green, blue] as const)));
const greys = Array.from({ length: 16 }, (_, index) => [index * 17, index * 17, index * 17] as const);
const skins = [
  [255, 219, 172],
  [224, 172, 105],
  [141, 85, 36],
] as const;

/** Red, green and blue of the patches, 0 to 255: pure and mixed colours, greys, skins. */
export const patchColours: readonly (readonly [number, number, number])[] = [...cube, ...greys, ...skins];

/** Corner of a patch in pixels of a screen of that width. */
export function patchCorner(index: number, screenWidth: number): { readonly x: number; readonly y: number } {
  const columns = Math.floor(screenWidth / patchSide);
  return { x: (index % columns) * patchSide, y: contentTop + Math.floor(index / columns) * patchSide };
}
