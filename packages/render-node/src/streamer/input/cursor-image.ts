import { encode } from 'fast-png';
import type { X11CursorImage } from '../../x11/extension-types.js';

/** A picture with straight (not premultiplied) alpha: 4 bytes R, G, B, A a pixel, rows without padding. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A cursor as a browser takes it. */
export interface CursorPicture {
  readonly image: RgbaImage;
  /** Inside the image. */
  readonly hotspotX: number;
  readonly hotspotY: number;
}

/** True when nothing of the cursor can be seen: the way programs hide it, because X has no other that all of them use. */
export function isInvisible(cursor: X11CursorImage): boolean {
  const pixels = cursor.width * cursor.height;
  for (let pixel = 0; pixel < pixels; pixel++) {
    if ((cursor.cursorImage[pixel * 4 + 3] ?? 0) !== 0) return false;
  }
  return true;
}

/** Size that fits into `maxPixels` square, the same shape, at least one pixel each way. */
function fit(width: number, height: number, maxPixels: number): { width: number; height: number } {
  const scale = Math.min(1, maxPixels / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Mean of the source pixels under one target pixel, premultiplied (transparent pixels must not colour the edge). */
function meanOf(cursor: X11CursorImage, left: number, top: number, right: number, bottom: number): number[] {
  const sums = [0, 0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const offset = (y * cursor.width + x) * 4;
      for (let channel = 0; channel < 4; channel++) {
        sums[channel] = (sums[channel] ?? 0) + (cursor.cursorImage[offset + channel] ?? 0);
      }
    }
  }
  const count = (right - left) * (bottom - top);
  return sums.map((sum) => sum / count);
}

/** Converts XFIXES' premultiplied BGRA to straight RGBA, scaled down when it is larger than `maxPixels`. */
export function pictureOfCursor(cursor: X11CursorImage, maxPixels: number): CursorPicture {
  const { width, height } = fit(cursor.width, cursor.height, maxPixels);
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * cursor.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * cursor.height) / height));
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * cursor.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * cursor.width) / width));
      const [blue = 0, green = 0, red = 0, alpha = 0] = meanOf(cursor, left, top, right, bottom);
      const straight = (value: number) => (alpha === 0 ? 0 : Math.min(255, Math.round((value * 255) / alpha)));
      data.set([straight(red), straight(green), straight(blue), Math.round(alpha)], (y * width + x) * 4);
    }
  }
  const hotspot = (value: number, from: number, to: number) =>
    Math.min(Math.max(Math.floor((value * to) / from), 0), to - 1);
  return {
    image: { width, height, data },
    hotspotX: hotspot(cursor.xhot, cursor.width, width),
    hotspotY: hotspot(cursor.yhot, cursor.height, height),
  };
}

/** Enlarges by whole pixels, at most `factor` times and not beyond `maxPixels`: for users who want a huge pointer. */
export function enlargeCursor(picture: CursorPicture, factor: number, maxPixels: number): CursorPicture {
  const { width, height, data } = picture.image;
  const times = Math.max(1, Math.min(factor, Math.floor(maxPixels / Math.max(width, height))));
  const large = new Uint8Array(width * times * height * times * 4);
  for (let y = 0; y < height * times; y++) {
    for (let x = 0; x < width * times; x++) {
      const from = (Math.floor(y / times) * width + Math.floor(x / times)) * 4;
      large.set(data.subarray(from, from + 4), (y * width * times + x) * 4);
    }
  }
  return {
    image: { width: width * times, height: height * times, data: large },
    hotspotX: picture.hotspotX * times,
    hotspotY: picture.hotspotY * times,
  };
}

/** PNG of a picture, base64 without the `data:` prefix. */
export function pngBase64(image: RgbaImage): string {
  const png = encode({ width: image.width, height: image.height, data: image.data, channels: 4, depth: 8 });
  return Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64');
}
