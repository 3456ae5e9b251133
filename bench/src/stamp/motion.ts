import { contentTop } from './stamp-code.js';

/**
 * PURE: a picture that depends on nothing but the number of its frame, so that whoever reads the number from a received picture can draw
 * what was sent and compare. Rectangles in whole pixels only: every renderer fills the same pixels.
 */

/** Rectangles `[x, y, width, height, …]` of one colour (0xRRGGBB), to be drawn in order. */
export interface ColouredRectangles {
  readonly colour: number;
  readonly rectangles: readonly number[];
}

/** Deterministic pseudo-random number in [0, 1) of a whole number. @see MurmurHash3, 32-bit finaliser */
export function hashOf(value: number): number {
  let hash = Math.imul(value + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

const tile = 32;
/** Of the world, then of what moves in it. */
const tileColours = [0x203828, 0x284830, 0x304838, 0x384830, 0x405040, 0x305848, 0x485838, 0x283c3c];
const sparkColours = [0xd04040, 0x40a060, 0x4068d0, 0xd0a030, 0x9050c0, 0x30a0b0, 0xe07030, 0xf0f0e0];
/** Small things at new places in every frame: they cannot be predicted, so that the picture needs what a busy game needs. */
const sparks = 600;

/** Collects rectangles by colour, cut to the content's area. */
function createCollector(width: number, height: number) {
  const lists = new Map<number, number[]>();
  return {
    add: (colour: number, x: number, y: number, w: number, h: number) => {
      const [left, top] = [Math.max(0, x), Math.max(contentTop, y)];
      const [right, bottom] = [Math.min(width, x + w), Math.min(height, y + h)];
      if (right <= left || bottom <= top) return;
      const list = lists.get(colour) ?? [];
      lists.set(colour, list);
      list.push(left, top, right - left, bottom - top);
    },
    take: (): ColouredRectangles[] => [...lists].map(([colour, rectangles]) => ({ colour, rectangles })),
  };
}

/** A world of tiles that a camera moves over. */
function drawWorld(frame: number, width: number, height: number): ColouredRectangles[] {
  const collector = createCollector(width, height);
  const [panX, panY] = [frame * 3, frame];
  for (let row = Math.floor(panY / tile); row * tile < panY + height; row++) {
    for (let column = Math.floor(panX / tile); column * tile < panX + width; column++) {
      const colour = tileColours[Math.floor(hashOf(row * 65_537 + column) * tileColours.length)] ?? 0;
      collector.add(colour, column * tile - panX, contentTop + row * tile - panY, tile, tile);
    }
  }
  return collector.take();
}

/** A page of words that scrolls, over the right third. */
function drawPage(frame: number, width: number, height: number): ColouredRectangles[] {
  const collector = createCollector(width, height);
  const left = Math.floor((width * 2) / 3);
  collector.add(0xf8f8f0, left, contentTop, width - left - tile, height);
  const top = frame * 2;
  for (let line = Math.ceil(top / 20); line * 20 < top + height; line++) {
    for (let word = 0, x = left + 16; x < width - 2 * tile - 90; word++) {
      const length = 10 + Math.floor(hashOf(line * 131 + word) * 70);
      collector.add(0x202020, x, contentTop + line * 20 - top, length, 10);
      x += length + 10;
    }
  }
  return collector.take();
}

/** Boxes on their ways, and sparks. Each box is a list of its own, as they lie over each other. */
function drawActors(frame: number, width: number, height: number): ColouredRectangles[] {
  const area = height - contentTop;
  const boxes = sparkColours.flatMap((colour, index) => {
    const collector = createCollector(width, height);
    const side = 64 + index * 12;
    // To and fro in whole pixels: no rounding that renderers could disagree on.
    const bounce = (position: number, range: number) => Math.abs((position % (2 * range)) - range);
    const x = bounce(frame * (5 + index) + index * 300, Math.max(1, width - side));
    const y = contentTop + bounce(frame * (3 + (index % 4)) + index * 170, Math.max(1, area - side));
    collector.add(colour, x, y, side, side);
    collector.add(colour ^ 0x3f3f3f, x + 8, y + 8, side - 16, side / 4);
    return collector.take();
  });
  const collector = createCollector(width, height);
  for (let index = 0; index < sparks; index++) {
    const seed = frame * 4_099 + index * 7;
    const [x, y] = [Math.floor(hashOf(seed) * width), contentTop + Math.floor(hashOf(seed + 1) * area)];
    const colour = sparkColours[Math.floor(hashOf(seed + 2) * sparkColours.length)] ?? 0;
    collector.add(colour, x, y, 3 + Math.floor(hashOf(seed + 3) * 14), 3 + Math.floor(hashOf(seed + 4) * 10));
  }
  return [...boxes, ...collector.take()];
}

/** Everything below the stamp of one frame, in the order of drawing; covers the whole area. */
export function motionFrame(frame: number, width: number, height: number): ColouredRectangles[] {
  return [...drawWorld(frame, width, height), ...drawPage(frame, width, height), ...drawActors(frame, width, height)];
}
