import { createRandom } from '../../streamer/rtp/testing/link-model.js';

/** PURE: changes bytes at random, the same for the same seed. */

/** Values at the borders of lengths, counts and signs. */
const interesting = [
  0, 1, 2, 3, 4, 7, 15, 16, 31, 32, 63, 64, 127, 128, 0x7f, 0xff, 0x100, 0x1fff, 0x7fff, 0x8000, 0xffff,
];

type Change = (bytes: Buffer, pick: (below: number) => number, other: Buffer) => Buffer;

const changes: readonly Change[] = [
  // One bit.
  (bytes, pick) => {
    const at = pick(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
    return bytes;
  },
  // One byte.
  (bytes, pick) => {
    bytes[pick(bytes.length)] = pick(256);
    return bytes;
  },
  // Two bytes with a value at a border: lengths and counts are such fields.
  (bytes, pick) => {
    if (bytes.length >= 2) bytes.writeUInt16BE(interesting[pick(interesting.length)] ?? 0, pick(bytes.length - 1));
    return bytes;
  },
  // A length a little off.
  (bytes, pick) => {
    if (bytes.length < 2) return bytes;
    const at = pick(bytes.length - 1);
    bytes.writeUInt16BE((bytes.readUInt16BE(at) + pick(9) - 4) & 0xffff, at);
    return bytes;
  },
  // Cut off.
  (bytes, pick) => bytes.subarray(0, pick(bytes.length + 1)),
  // Something in between.
  (bytes, pick) => {
    const at = pick(bytes.length + 1);
    const extra = Buffer.from(Array.from({ length: 1 + pick(16) }, () => pick(256)));
    return Buffer.concat([bytes.subarray(0, at), extra, bytes.subarray(at)]);
  },
  // A part away.
  (bytes, pick) => {
    const at = pick(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + pick(16))]);
  },
  // A part again.
  (bytes, pick) => {
    const at = pick(bytes.length);
    return Buffer.concat([bytes, bytes.subarray(at, at + 1 + pick(64))]);
  },
  // The end of another shape.
  (bytes, pick, other) =>
    Buffer.concat([bytes.subarray(0, pick(bytes.length + 1)), other.subarray(pick(other.length + 1))]),
  // Another shape behind it.
  (bytes, _pick, other) => Buffer.concat([bytes, other]),
];

/** Makes inputs from shapes: each is one shape with one to eight changes. */
export interface Mutator {
  /** @returns bytes of its own, at most `maxBytes` of them. */
  next(): Buffer;
}

/** Creates a mutator. @param shapes at least one. */
export function createMutator(shapes: readonly Buffer[], seed: number, maxBytes: number): Mutator {
  const random = createRandom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const shape = () => shapes[pick(shapes.length)] ?? Buffer.alloc(0);
  return {
    next: () => {
      let bytes = Buffer.from(shape());
      for (let left = 1 + pick(8); left > 0; left--) {
        const change = changes[pick(changes.length)];
        if (bytes.length === 0 || !change) bytes = Buffer.from(shape());
        else bytes = Buffer.from(change(bytes, pick, shape()).subarray(0, maxBytes));
      }
      return bytes;
    },
  };
}
