import fc from 'fast-check';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import type { X11CursorImage } from '../../x11/extension-types.js';
import { enlargeCursor, isInvisible, pictureOfCursor, pngBase64 } from './cursor-image.js';

/** Premultiplied as XFIXES gives it: colours never exceed alpha. */
const cursor = fc
  .record({ width: fc.integer({ min: 1, max: 200 }), height: fc.integer({ min: 1, max: 200 }), seed: fc.nat(255) })
  .map(({ width, height, seed }): X11CursorImage => {
    const cursorImage = Buffer.alloc(width * height * 4);
    for (let offset = 0; offset < cursorImage.length; offset += 4) {
      const alpha = (offset * 7 + seed) % 256;
      cursorImage.set([alpha >> 1, alpha, (alpha * 3) >> 2, alpha], offset);
    }
    return { x: 0, y: 0, width, height, xhot: width - 1, yhot: seed % height, cursorSerial: seed, cursorImage };
  });

describe('cursor pictures', () => {
  it('fit into 128 pixels with the hotspot inside', () => {
    fc.assert(
      fc.property(cursor, (image) => {
        const { image: picture, hotspotX, hotspotY } = pictureOfCursor(image, 128);
        expect(Math.max(picture.width, picture.height)).toBeLessThanOrEqual(128);
        expect(picture.data).toHaveLength(picture.width * picture.height * 4);
        expect(hotspotX >= 0 && hotspotX < picture.width && hotspotY >= 0 && hotspotY < picture.height).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('keep every pixel of small images: premultiplying again gives the source, also through PNG', () => {
    fc.assert(
      fc.property(cursor, (image) => {
        fc.pre(image.width <= 64 && image.height <= 64);
        const { image: picture } = pictureOfCursor(image, 128);
        const png = decode(Buffer.from(pngBase64(picture), 'base64'));
        expect([png.width, png.height]).toEqual([image.width, image.height]);
        for (let offset = 0; offset < png.data.length; offset += 4) {
          const [red = 0, green = 0, blue = 0, alpha = 0] = png.data.subarray(offset, offset + 4);
          const source = image.cursorImage.subarray(offset, offset + 4);
          expect(alpha).toBe(source[3]);
          for (const [straight, premultiplied] of [
            [blue, source[0]],
            [green, source[1]],
            [red, source[2]],
          ] as const) {
            expect(Math.abs((straight * alpha) / 255 - (premultiplied ?? 0))).toBeLessThanOrEqual(0.51);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are invisible only when every pixel is', () => {
    const image = { x: 0, y: 0, width: 2, height: 1, xhot: 0, yhot: 0, cursorSerial: 1 };
    expect(isInvisible({ ...image, cursorImage: Buffer.from([9, 9, 9, 0, 0, 0, 0, 0]) })).toBe(true);
    expect(isInvisible({ ...image, cursorImage: Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]) })).toBe(false);
    expect(isInvisible({ ...image, width: 0, height: 0, cursorImage: Buffer.alloc(0) })).toBe(true);
  });

  it('grow by whole pixels as far as a browser accepts', () => {
    const picture = {
      image: { width: 2, height: 1, data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]) },
      hotspotX: 1,
      hotspotY: 0,
    };
    const large = enlargeCursor(picture, 2, 128);
    expect(large).toMatchObject({ hotspotX: 2, hotspotY: 0, image: { width: 4, height: 2 } });
    expect([...large.image.data.subarray(0, 16)]).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8]);
    expect(enlargeCursor(picture, 2, 3).image.width).toBe(2);
  });
});
