import { AppError } from '@cloudstage/protocol';

/** Types of open bitstream units (AV1 specification §6.2.2). */
export const obuTypes = { sequenceHeader: 1, temporalDelimiter: 2, tileList: 8, padding: 15 } as const;

/** One open bitstream unit without its size field. */
export interface Obu {
  readonly type: number;
  /** One byte, or two with an extension; its `obu_has_size_field` is 0. */
  readonly header: Uint8Array;
  /** A view of the picture. */
  readonly payload: Uint8Array;
}

const malformed = (what: string) => new AppError('encoder-failed', `AV1: ${what}`);

/** Reads leb128 of at most four bytes, which is more than a picture has. */
function readLength(bytes: Uint8Array, offset: number): { readonly length: number; readonly next: number } {
  let length = 0;
  for (let index = 0; index < 4; index++) {
    const byte = bytes[offset + index];
    if (byte === undefined) break;
    length |= (byte & 0x7f) << (7 * index);
    if ((byte & 0x80) === 0) return { length, next: offset + index + 1 };
  }
  throw malformed('a length cannot be read');
}

/** Writes leb128. PURE. @see AV1 specification §4.10.5 */
export function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

/**
 * Takes a temporal unit apart. PURE.
 * @param unit low-overhead format: units with size fields; the last may have none
 * @throws AppError `encoder-failed` when it is malformed
 * @see AV1 specification §5.3
 */
export function readObus(unit: Uint8Array): Obu[] {
  const obus: Obu[] = [];
  for (let offset = 0; offset < unit.length; ) {
    const first = unit[offset] ?? 0;
    if ((first & 0x80) !== 0) throw malformed('the forbidden bit is set');
    const hasExtension = (first & 0x04) !== 0;
    const extension = unit[offset + 1] ?? 0;
    const header = hasExtension ? Uint8Array.of(first & ~0x02, extension) : Uint8Array.of(first & ~0x02);
    const begin = offset + header.length;
    const { length, next } =
      (first & 0x02) === 0 ? { length: unit.length - begin, next: begin } : readLength(unit, begin);
    if (length < 0 || next + length > unit.length) throw malformed('a unit is longer than the picture');
    obus.push({ type: (first >> 3) & 0x0f, header, payload: unit.subarray(next, next + length) });
    offset = next + length;
  }
  return obus;
}
