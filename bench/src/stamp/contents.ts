import type { Client } from 'x11';
import { patchColours, patchCorner, patchSide } from './colours.js';
import { motionFrame, hashOf as random } from './motion.js';
import type { Content } from './options.js';
import { contentTop as firstLine } from './stamp-code.js';

/** What a content draws with; `pixmap` is shown as a whole after each frame. */
export interface Canvas {
  readonly client: Client;
  readonly pixmap: number;
  readonly gc: number;
  readonly depth: number;
  readonly width: number;
  readonly height: number;
}

/** Draws one frame of a content. `timeMs` is the time since the start. */
export type DrawContent = (canvas: Canvas, frame: number, timeMs: number) => void;

/** Below the border of the stamp. */
const handHeight = 16;

function setColour({ client, gc }: Canvas, colour: number): void {
  client.ChangeGC(gc, { foreground: colour });
}

function fill(canvas: Canvas, colour: number, rectangles: readonly number[]): void {
  setColour(canvas, colour);
  canvas.client.PolyFillRectangle(canvas.pixmap, canvas.gc, rectangles);
}

/** Something small that always moves, so that every frame differs even to the eye. */
function drawHand(canvas: Canvas, timeMs: number): void {
  const top = firstLine - handHeight;
  fill(canvas, 0x202830, [0, top, canvas.width, handHeight]);
  fill(canvas, 0xf0c040, [Math.floor(((timeMs / 2000) % 1) * (canvas.width - 64)), top, 64, handHeight]);
}

const palette = [0xd04040, 0x40a060, 0x4068d0, 0xd0a030, 0x9050c0, 0x30a0b0, 0xe07030, 0x708090];

/** Moving shapes over most of the picture, in front of moving stripes. */
const drawGame: DrawContent = (canvas, _frame, timeMs) => {
  const { width, height, client, pixmap, gc } = canvas;
  const area = height - firstLine;
  fill(canvas, 0x183848, [0, firstLine, width, area]);
  const shift = Math.floor((timeMs / 8) % 160);
  const stripes = Array.from({ length: Math.ceil(width / 160) + 1 }, (_, index) => [
    index * 160 - shift,
    firstLine,
    80,
    area,
  ]);
  fill(canvas, 0x204858, stripes.flat());
  for (const [index, colour] of palette.entries()) {
    const size = 80 + index * 16;
    const angle = timeMs / (700 + index * 130) + index;
    const x = Math.floor((width - size) * (0.5 + 0.48 * Math.cos(angle)));
    const y = firstLine + Math.floor(Math.max(0, area - size) * (0.5 + 0.48 * Math.sin(angle * 1.3)));
    setColour(canvas, colour);
    if (index % 2 === 0) client.PolyFillRectangle(pixmap, gc, [x, y, size, size]);
    else client.PolyFillArc(pixmap, gc, [x, y, size, size, 0, 360 * 64]);
  }
};

/** Contents with something small that moves in every frame. */
const moving: ReadonlySet<Content> = new Set(['typing', 'scroll', 'game', 'noise']);

/** A line of blocks with the look of words. */
function drawWords(canvas: Canvas, line: number, y: number, words: number): void {
  const rectangles: number[] = [];
  for (let index = 0, x = 40; index < words && x < canvas.width - 80; index += 1) {
    const length = 10 + Math.floor(random(line * 131 + index) * 70);
    rectangles.push(x, y, length, 10);
    x += length + 10;
  }
  if (rectangles.length > 0) fill(canvas, 0x202020, rectangles);
}

/** Ten words a second on a page. */
const drawTyping: DrawContent = (canvas, _frame, timeMs) => {
  fill(canvas, 0xf8f8f0, [0, firstLine, canvas.width, canvas.height - firstLine]);
  const lines = Math.max(1, Math.floor((canvas.height - firstLine - 40) / 20));
  const wordsPerLine = Math.floor(canvas.width / 60);
  const written = Math.floor(timeMs / 100) % (lines * wordsPerLine);
  for (let line = 0; line * wordsPerLine <= written; line += 1) {
    drawWords(canvas, line, firstLine + 20 + line * 20, Math.min(wordsPerLine, written - line * wordsPerLine));
  }
};

/** A page that scrolls by 4 pixels a frame. */
const drawScroll: DrawContent = (canvas, frame) => {
  fill(canvas, 0xf8f8f0, [0, firstLine, canvas.width, canvas.height - firstLine]);
  const top = frame * 4;
  for (let line = Math.ceil(top / 20); line * 20 < top + canvas.height - firstLine; line += 1) {
    drawWords(canvas, line, firstLine + line * 20 - top, 1_000);
  }
};

/** Grey noise of the given size, for `PutImage` (4 bytes a pixel). */
function noiseTile(side: number, seed: number): Buffer {
  const pixels = Buffer.alloc(side * side * 4);
  for (let index = 0; index < side * side; index += 1) {
    pixels.fill(Math.floor(random(seed * side * side + index) * 256), index * 4, index * 4 + 3);
  }
  return pixels;
}

/** What only the frame's number decides, see `motion.ts`. */
const drawMotion: DrawContent = (canvas, frame) => {
  for (const { colour, rectangles } of motionFrame(frame, canvas.width, canvas.height))
    fill(canvas, colour, rectangles);
};

/** Colours that are known, to be compared with those that a page shows. */
const drawColours: DrawContent = (canvas) => {
  for (const [index, [red, green, blue]] of patchColours.entries()) {
    const { x, y } = patchCorner(index, canvas.width);
    fill(canvas, (red << 16) | (green << 8) | blue, [x, y, patchSide, patchSide]);
  }
};

const noiseSide = 128;

/** Nothing that an encoder could predict: tiles of noise at other places in every frame. */
function createNoise(canvas: Canvas): DrawContent {
  const tiles = Array.from({ length: 4 }, (_, seed) => {
    const tile = canvas.client.AllocID();
    canvas.client.CreatePixmap(tile, canvas.pixmap, canvas.depth, noiseSide, noiseSide);
    canvas.client.PutImage(2, tile, canvas.gc, noiseSide, noiseSide, 0, 0, 0, canvas.depth, noiseTile(noiseSide, seed));
    return tile;
  });
  return ({ client, pixmap, gc, width, height }, frame) => {
    let index = 0;
    for (let y = firstLine; y < height; y += 64) {
      for (let x = 0; x < width; x += 64) {
        index += 1;
        const tile = tiles[Math.floor(random(frame * 977 + index) * 4)] ?? 0;
        const [fromX, fromY] = [
          Math.floor(random(frame * 31 + index) * 64),
          Math.floor(random(frame * 57 + index) * 64),
        ];
        client.CopyArea(tile, pixmap, gc, fromX, fromY, x, y, 64, 64);
      }
    }
  };
}

/**
 * Creates the drawing of a content. `idle`, `desktop` and `still` draw their background only: the stamp is all that changes.
 * @param canvas of the first frame; later frames may come with another size.
 */
export function createContent(content: Content, canvas: Canvas): DrawContent {
  const drawBackground: DrawContent = (target) =>
    fill(target, 0x305070, [0, firstLine, target.width, target.height - firstLine]);
  const drawings: Readonly<Record<Content, () => DrawContent>> = {
    idle: () => drawBackground,
    desktop: () => drawBackground,
    still: () => drawBackground,
    typing: () => drawTyping,
    scroll: () => drawScroll,
    game: () => drawGame,
    noise: () => createNoise(canvas),
    motion: () => drawMotion,
    colours: () => drawColours,
  };
  const draw = drawings[content]();
  return (target, frame, timeMs) => {
    fill(target, 0x000000, [0, 0, target.width, firstLine]);
    draw(target, frame, timeMs);
    if (moving.has(content)) drawHand(target, timeMs);
  };
}
