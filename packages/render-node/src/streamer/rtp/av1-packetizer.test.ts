import { AppError } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AV1RtpPayload } from 'werift-rtp';
import { leb128, readObus } from './av1-obus.js';
import { packetizeAv1 } from './av1-packetizer.js';

const bytesOf = (payload: { parts: readonly Uint8Array[] }) => Buffer.concat(payload.parts);

interface Unit {
  readonly type: number;
  readonly extension: number | null;
  readonly payload: Uint8Array;
}
const unit = (types: readonly number[], maxBytes: number): fc.Arbitrary<Unit> =>
  fc.record({
    type: fc.constantFrom(...types),
    extension: fc.option(fc.integer({ min: 0, max: 255 }), { nil: null }),
    payload: fc.uint8Array({ maxLength: maxBytes }),
  });

/** The unit with or without its size, as AV1 §5.3.2 writes it. */
function write({ type, extension, payload }: Unit, withSize: boolean): Buffer {
  const first = (type << 3) | (extension === null ? 0 : 4) | (withSize ? 2 : 0);
  return Buffer.concat([
    Uint8Array.from(extension === null ? [first] : [first, extension]),
    withSize ? leb128(payload.length) : new Uint8Array(),
    payload,
  ]);
}

/** Puts units together again by the rules of the payload format, §4.4: written apart from the packetizer. */
function depacketize(payloads: readonly Buffer[]): Buffer[] {
  const units: Buffer[] = [];
  let open: Buffer | null = null;
  for (const bytes of payloads) {
    const head = bytes[0] ?? 0;
    const count = (head >> 4) & 3;
    expect((head & 0x80) !== 0).toBe(open !== null);
    let at = 1;
    for (let index = 0; index < count; index++) {
      let length = bytes.length - at;
      if (index < count - 1) {
        length = 0;
        for (let shift = 0; ; shift += 7) {
          const byte = bytes[at++] ?? 0;
          length |= (byte & 0x7f) << shift;
          if ((byte & 0x80) === 0) break;
        }
      }
      expect(length).toBeGreaterThan(0);
      const element: Buffer = bytes.subarray(at, at + length);
      at += length;
      open = open ? Buffer.concat([open, element]) : element;
      if (index === count - 1 && (head & 0x40) !== 0) continue;
      units.push(open);
      open = null;
    }
    expect(at).toBe(bytes.length);
  }
  expect(open).toBeNull();
  return units;
}

describe('packetizeAv1', () => {
  it('cuts any picture into payloads from which its units can be put together again', () => {
    const units = fc.array(unit([1, 2, 3, 4, 5, 6, 8, 15], 6_000), { maxLength: 8 });
    fc.assert(
      fc.property(units, fc.boolean(), fc.integer({ min: 64, max: 1_400 }), (obus, lastHasSize, maxBytes) => {
        const picture = Buffer.concat(obus.map((obu, at) => write(obu, lastHasSize || at < obus.length - 1)));
        const payloads = packetizeAv1(picture, maxBytes);
        const sent = obus.filter(({ type }) => ![2, 8, 15].includes(type)).map((obu) => write(obu, false));
        expect(depacketize(payloads.map(bytesOf))).toEqual(sent);
        for (const payload of payloads) expect(bytesOf(payload).length).toBeLessThanOrEqual(maxBytes);
        expect(payloads.map(({ marker }) => marker)).toEqual(payloads.map((_, at) => at === payloads.length - 1));
        const isKeyFrame = obus.some(({ type }) => type === 1);
        const newSequence = payloads.map((payload) => ((bytesOf(payload)[0] ?? 0) & 8) !== 0);
        expect(newSequence).toEqual(payloads.map((_, at) => isKeyFrame && at === 0));
      }),
    );
  });

  it('is read by an independent reader', () => {
    const frame = unit([6], 20_000).filter(({ extension }) => extension === null);
    fc.assert(
      fc.property(frame, fc.boolean(), (obu, isKeyFrame) => {
        const header: Unit = { type: 1, extension: null, payload: Uint8Array.of(0, 0, 0, 45) };
        const obus = isKeyFrame ? [header, obu] : [obu];
        const picture = Buffer.concat([Uint8Array.of(0x12, 0), ...obus.map((entry) => write(entry, true))]);
        const read = packetizeAv1(picture, 1_200).map((payload) => AV1RtpPayload.deSerialize(bytesOf(payload)));
        expect(AV1RtpPayload.getFrame(read)).toEqual(
          Buffer.concat(obus.map((entry, at) => write(entry, at < obus.length - 1))),
        );
        expect(read[0]?.isKeyframe).toBe(isKeyFrame);
      }),
    );
  });

  it('makes equal payloads, copies nothing, and makes nothing of nothing', () => {
    const picture = write({ type: 6, extension: null, payload: new Uint8Array(10_000) }, true);
    const payloads = packetizeAv1(picture, 1_200);
    const sizes = payloads.map((payload) => bytesOf(payload).length);
    expect(sizes.length).toBe(9);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(10);
    expect(payloads[4]?.parts[1]?.buffer).toBe(picture.buffer);
    expect(packetizeAv1(Buffer.alloc(0), 1_200)).toEqual([]);
    expect(packetizeAv1(Buffer.of(0x12, 0), 1_200)).toEqual([]);
  });
});

describe('readObus', () => {
  it.each([
    ['the forbidden bit', [0x80, 0]],
    ['a length without an end', [0x32, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['a length that is cut off', [0x32, 0x80]],
    ['a unit that is cut off', [0x32, 5, 1, 2]],
    ['an extension that is missing', [0x34]],
  ])('%s is a named error', (_what, bytes) => {
    expect(() => readObus(Uint8Array.from(bytes))).toThrow(AppError);
  });

  it('ends on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          for (const { payload } of readObus(bytes)) expect(payload.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});
