/**
 * PURE: the stamp, 24 bytes as 192 black or white blocks of 16×16 pixels. Blocks lie on H.264 macroblock borders, so that
 * they survive low bitrates; a checksum tells a frame that is torn or not yet there. Used by the program that draws it and
 * by the page that reads it back.
 */

/** What a frame says of itself. */
export interface Stamp {
  /** Wall clock of drawing, see {@link toStampUs}. */
  readonly drawnAtUs: number;
  /** Number of the frame modulo 65,536. */
  readonly frame: number;
  /** Number of key and button presses so far modulo 65,536. */
  readonly inputSeq: number;
  /** Wall clock when the program read the last press, see {@link toStampUs}; 0 before the first. */
  readonly inputAtUs: number;
  readonly inputKind: 'none' | 'key' | 'button';
  /** X keycode or button of the last press. */
  readonly inputDetail: number;
  readonly pointerX: number;
  readonly pointerY: number;
}

const clockModulus = 2 ** 48;

/** Wall clock of a stamp: microseconds since 1970 modulo 2⁴⁸ (8.9 years). @param timeMs milliseconds since 1970. */
export function toStampUs(timeMs: number): number {
  return Math.round(timeMs * 1000) % clockModulus;
}

/** Milliseconds from a stamp's time to `timeMs` (since 1970), which lies near it. */
export function msSince(stampUs: number, timeMs: number): number {
  const elapsedUs = toStampUs(timeMs) - stampUs;
  const wrapped = ((elapsedUs + 1.5 * clockModulus) % clockModulus) - clockModulus / 2;
  return wrapped / 1000;
}

/** Where the blocks lie on the screen, in pixels. */
export const stampLayout = { left: 32, top: 32, blockSize: 16, columns: 32, rows: 6 } as const;

/** Sizes of pictures, as shares of the screen each way, in which a page looks for the stamp: a server under pressure sends smaller ones. */
export const stampShares = [1, 3 / 4, 1 / 2] as const;

/** First line below the stamp and its dark border: here contents begin. */
export const contentTop = stampLayout.top + stampLayout.rows * stampLayout.blockSize + 32;

/** Blocks of a stamp. */
export const stampBits = stampLayout.columns * stampLayout.rows;
const payloadBytes = stampBits / 8 - 2;
const inputKinds = ['none', 'key', 'button'] as const;

/** CRC-16/IBM-3740: an all-black or all-white area has a wrong one. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

function writeUint48(view: DataView, offset: number, value: number): void {
  view.setUint16(offset, Math.floor(value / 2 ** 32));
  view.setUint32(offset + 2, value % 2 ** 32);
}

function readUint48(view: DataView, offset: number): number {
  return view.getUint16(offset) * 2 ** 32 + view.getUint32(offset + 2);
}

/**
 * Encodes a stamp.
 * @returns one 0 (black) or 1 (white) for each block, row by row.
 */
export function encodeStamp(stamp: Stamp): Uint8Array {
  const bytes = new Uint8Array(payloadBytes + 2);
  const view = new DataView(bytes.buffer);
  writeUint48(view, 0, stamp.drawnAtUs);
  view.setUint16(6, stamp.frame & 0xffff);
  view.setUint16(8, stamp.inputSeq & 0xffff);
  writeUint48(view, 10, stamp.inputAtUs);
  view.setUint8(16, inputKinds.indexOf(stamp.inputKind));
  view.setUint8(17, stamp.inputDetail & 0xff);
  view.setUint16(18, stamp.pointerX & 0xffff);
  view.setUint16(20, stamp.pointerY & 0xffff);
  view.setUint16(payloadBytes, checksum(bytes.subarray(0, payloadBytes)));
  const bits = new Uint8Array(stampBits);
  for (let index = 0; index < stampBits; index += 1) bits[index] = ((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
  return bits;
}

/**
 * Decodes a stamp.
 * @param luma mean brightness of each block, 0–255, row by row.
 * @returns null when there is no whole stamp.
 */
export function decodeStamp(luma: ArrayLike<number>): Stamp | null {
  if (luma.length !== stampBits) return null;
  const bytes = new Uint8Array(payloadBytes + 2);
  for (let index = 0; index < stampBits; index += 1) {
    if ((luma[index] ?? 0) >= 128) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (7 - (index & 7)));
  }
  const view = new DataView(bytes.buffer);
  const inputKind = inputKinds[view.getUint8(16)];
  if (view.getUint16(payloadBytes) !== checksum(bytes.subarray(0, payloadBytes)) || inputKind === undefined)
    return null;
  return {
    drawnAtUs: readUint48(view, 0),
    frame: view.getUint16(6),
    inputSeq: view.getUint16(8),
    inputAtUs: readUint48(view, 10),
    inputKind,
    inputDetail: view.getUint8(17),
    pointerX: view.getUint16(18),
    pointerY: view.getUint16(20),
  };
}

/**
 * Mean brightness of the middle half of each block.
 * @param pixels RGBA or BGRA, 4 bytes a pixel; its first pixel is the top left corner of the stamp.
 * @param stridePixels pixels of one line.
 */
export function sampleBlocks(pixels: ArrayLike<number>, stridePixels: number): Float64Array {
  const { blockSize, columns, rows } = stampLayout;
  const luma = new Float64Array(stampBits);
  const margin = blockSize / 4;
  const side = blockSize / 2;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let sum = 0;
      for (let y = 0; y < side; y += 1) {
        const line = (row * blockSize + margin + y) * stridePixels + column * blockSize + margin;
        // Green carries most of the brightness and is the second byte in either order.
        for (let x = 0; x < side; x += 1) sum += pixels[(line + x) * 4 + 1] ?? 0;
      }
      luma[row * columns + column] = sum / (side * side);
    }
  }
  return luma;
}

/** White blocks as rectangles `[x, y, width, height, …]` in screen pixels; neighbours in a row are merged. */
export function stampRectangles(bits: Uint8Array): number[] {
  const { left, top, blockSize, columns, rows } = stampLayout;
  const rectangles: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; ) {
      let length = 0;
      while (column + length < columns && bits[row * columns + column + length] === 1) length += 1;
      if (length > 0) rectangles.push(left + column * blockSize, top + row * blockSize, length * blockSize, blockSize);
      column += Math.max(1, length);
    }
  }
  return rectangles;
}
