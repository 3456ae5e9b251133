import type { RowBand } from './damage-band.js';

/** A cursor image at its place; `cursorImage` is premultiplied ARGB, bytes B G R A. */
export interface PlacedCursor {
  readonly x: number;
  readonly y: number;
  readonly xhot: number;
  readonly yhot: number;
  readonly width: number;
  readonly height: number;
  readonly cursorImage: Buffer;
}

/** Blends a cursor into rows `band` of a BGRX picture of `pictureWidth` pixels (source over, premultiplied). PURE apart from `pixels`. */
export function blendCursor(
  cursor: PlacedCursor,
  pixels: Buffer,
  strideBytes: number,
  pictureWidth: number,
  band: RowBand,
): void {
  const left = cursor.x - cursor.xhot;
  const top = cursor.y - cursor.yhot;
  const firstRow = Math.max(band.top, top);
  const lastRow = Math.min(band.bottom, top + cursor.height);
  const firstColumn = Math.max(0, left);
  const lastColumn = Math.min(pictureWidth, left + cursor.width);
  for (let row = firstRow; row < lastRow; row++) {
    for (let column = firstColumn; column < lastColumn; column++) {
      const from = ((row - top) * cursor.width + (column - left)) * 4;
      const alpha = cursor.cursorImage[from + 3] ?? 0;
      if (alpha === 0) continue;
      const to = row * strideBytes + column * 4;
      for (let channel = 0; channel < 3; channel++) {
        const under = pixels[to + channel] ?? 0;
        const over = cursor.cursorImage[from + channel] ?? 0;
        pixels[to + channel] = Math.min(255, over + Math.round((under * (255 - alpha)) / 255));
      }
    }
  }
}
