import { motionFrame } from '../stamp/motion.js';
import { contentTop } from '../stamp/stamp-code.js';

/** PURE: contents of the codec bench, drawn as I420. The same number gives the same picture. */

/** Draws picture `index` into planes Y, U, V. */
export type Draw = (planes: readonly Uint8Array[], strides: readonly number[], index: number) => void;

function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A texture as nature has them: octaves of noise, coarse ones strong, fine ones weak. */
function createTexture(width: number, height: number): Uint8Array {
  const random = createRandom(7);
  const sum = new Float32Array(width * height);
  for (let cell = 128; cell >= 1; cell >>= 1) {
    const columns = width / cell;
    const rows = height / cell;
    const grid = Float32Array.from({ length: columns * rows }, () => (random() - 0.5) * (cell * 0.9 + 6));
    const at = (x: number, y: number) => grid[(y % rows) * columns + (x % columns)] ?? 0;
    for (let y = 0; y < height; y++) {
      const [row, partY] = [Math.floor(y / cell), (y % cell) / cell];
      for (let x = 0; x < width; x++) {
        const [column, partX] = [Math.floor(x / cell), (x % cell) / cell];
        const upper = at(column, row) * (1 - partX) + at(column + 1, row) * partX;
        const lower = at(column, row + 1) * (1 - partX) + at(column + 1, row + 1) * partX;
        sum[y * width + x] = (sum[y * width + x] ?? 0) + upper * (1 - partY) + lower * partY;
      }
    }
  }
  return Uint8Array.from(sum, (value) => Math.max(16, Math.min(235, 126 + value)));
}

function fillChroma([, u, v]: readonly Uint8Array[]): void {
  u?.fill(120);
  v?.fill(136);
}

/** A landscape that moves by five pixels a picture, with six boxes that move before it at speeds of their own. */
export function createGame(width: number, height: number): Draw {
  const [textureWidth, textureHeight] = [2_048, 1_024];
  const texture = createTexture(textureWidth, textureHeight);
  return (planes, [stride = 0], index) => {
    const [luma] = planes;
    if (!luma) return;
    for (let row = 0; row < height; row++) {
      const source = ((row + index) % textureHeight) * textureWidth;
      for (let column = 0; column < width; column++) {
        luma[row * stride + column] = texture[source + ((column + index * 5) % textureWidth)] ?? 0;
      }
    }
    for (let box = 0; box < 6; box++) {
      const left = (box * 200 + index * (7 + box)) % (width - 64);
      const top = (box * 70 + index * (3 + box)) % (height - 64);
      for (let row = top; row < top + 64; row++)
        luma.fill(40 + box * 30, row * stride + left, row * stride + left + 64);
    }
    fillChroma(planes);
  };
}

const [cellWidth, cellHeight, glyphCount] = [9, 18, 48];

/** Letters of strokes: columns and rows of a cell that are ink, the same for each appearance of a letter. */
function createGlyphs(): Uint8Array[] {
  const random = createRandom(11);
  return Array.from({ length: glyphCount }, () => {
    const glyph = new Uint8Array(cellWidth * cellHeight).fill(235);
    for (let stroke = 0; stroke < 3; stroke++) {
      const upright = random() > 0.5;
      const [x, y] = [1 + Math.floor(random() * 6), 3 + Math.floor(random() * 10)];
      for (let at = 0; at < (upright ? 14 - y : 7 - x); at++) {
        glyph[(upright ? y + at : y) * cellWidth + (upright ? x : x + at)] = 30;
      }
    }
    return glyph;
  });
}

/** A page of text that scrolls by four pixels a picture. */
export function createText(width: number, height: number): Draw {
  const glyphs = createGlyphs();
  const lines = 100;
  const columns = Math.floor(width / cellWidth);
  const random = createRandom(13);
  const text = Uint8Array.from({ length: lines * columns }, () => (random() < 0.16 ? 255 : random() * glyphCount));
  return (planes, [stride = 0], index) => {
    const [luma] = planes;
    if (!luma) return;
    for (let row = 0; row < height; row++) {
      const y = row + index * 4;
      const line = Math.floor(y / cellHeight) % lines;
      luma.fill(235, row * stride, row * stride + width);
      for (let column = 0; column < columns; column++) {
        const glyph = glyphs[text[line * columns + column] ?? 255];
        const from = (y % cellHeight) * cellWidth;
        if (glyph) luma.set(glyph.subarray(from, from + cellWidth), row * stride + column * cellWidth);
      }
    }
    fillChroma(planes);
  };
}

/** Fills a rectangle of the picture in one plane, `shift` 1 for planes of half the size. */
function fillRectangle(
  plane: Uint8Array,
  stride: number,
  [x, y, w, h]: readonly number[],
  shift: 0 | 1,
  value: number,
): void {
  const [left, right] = [(x ?? 0) >> shift, ((x ?? 0) + (w ?? 0)) >> shift];
  for (let row = (y ?? 0) >> shift; row < ((y ?? 0) + (h ?? 0)) >> shift; row++)
    plane.fill(value, row * stride + left, row * stride + right);
}

/** What the stamp program moves over bad paths: tiles, a page that scrolls, boxes, and 600 small rectangles at new places in every picture. */
export function createMotion(width: number, height: number): Draw {
  return (planes, strides, index) => {
    // Where the stamp would be.
    const head = { colour: 0, rectangles: [0, 0, width, contentTop] };
    for (const { colour, rectangles } of [head, ...motionFrame(index, width, height)]) {
      const [red, green, blue] = [colour >> 16, (colour >> 8) & 255, colour & 255];
      const luma = 16 + (66 * red + 129 * green + 25 * blue) / 256;
      const chroma = [
        128 + (-38 * red - 74 * green + 112 * blue) / 256,
        128 + (112 * red - 94 * green - 18 * blue) / 256,
      ];
      for (let at = 0; at < rectangles.length; at += 4) {
        const place = rectangles.slice(at, at + 4);
        for (const [number, value] of [luma, ...chroma].entries()) {
          const plane = planes[number];
          if (plane) fillRectangle(plane, strides[number] ?? 0, place, number === 0 ? 0 : 1, value);
        }
      }
    }
  };
}
