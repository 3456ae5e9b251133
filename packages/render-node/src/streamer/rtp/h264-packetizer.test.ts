import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packetizeH264, splitAnnexB } from './h264-packetizer.js';

/** An independent reader of RFC 6184 payloads, written from the RFC's tables only. */
function depacketize(payloads: readonly Buffer[]): Buffer[] {
  const units: Buffer[] = [];
  let fragments: Buffer[] | undefined;
  for (const payload of payloads) {
    const type = payload[0]! & 0x1f;
    if (type === 28) {
      const start = (payload[1]! & 0x80) !== 0;
      const end = (payload[1]! & 0x40) !== 0;
      expect(payload[1]! & 0x20, 'reserved bit').toBe(0);
      expect(start && end, 'a unit in one fragment').toBe(false);
      if (start) {
        expect(fragments, 'start inside a unit').toBeUndefined();
        fragments = [Buffer.from([(payload[0]! & 0xe0) | (payload[1]! & 0x1f)])];
      }
      expect(fragments, 'fragment without a start').toBeDefined();
      fragments!.push(payload.subarray(2));
      if (end) {
        units.push(Buffer.concat(fragments!));
        fragments = undefined;
      }
      continue;
    }
    expect(fragments, 'another packet inside a unit').toBeUndefined();
    if (type !== 24) {
      units.push(payload);
      continue;
    }
    for (let at = 1; at < payload.length; ) {
      const size = payload.readUInt16BE(at);
      units.push(payload.subarray(at + 2, at + 2 + size));
      at += 2 + size;
    }
  }
  expect(fragments, 'unit without an end').toBeUndefined();
  return units;
}

const bytesOf = (payload: { parts: readonly Uint8Array[] }) => Buffer.concat(payload.parts);

/** A NAL unit as an encoder makes it: emulation prevention done, last byte not zero. */
const nalUnit = (type: fc.Arbitrary<number>, maxLength: number) =>
  fc.tuple(type, fc.uint8Array({ minLength: 1, maxLength })).map(([nalType, body]) => {
    const unit = Buffer.from([0x60 | nalType, ...body.map((byte) => (byte < 4 ? byte + 4 : byte))]);
    return unit;
  });

const accessUnit = fc.array(nalUnit(fc.constantFrom(1, 5, 6, 7, 8), 5_000), { minLength: 1, maxLength: 6 });

const annexB = (units: readonly Buffer[], codes: readonly Buffer[]) =>
  Buffer.concat(units.flatMap((unit, index) => [codes[index % codes.length]!, unit]));

const startCodes = [Buffer.from([0, 0, 0, 1]), Buffer.from([0, 0, 1])];

describe('splitAnnexB', () => {
  it('gives the units back, whatever the start codes', () => {
    fc.assert(
      fc.property(accessUnit, (units) => {
        expect(splitAnnexB(annexB(units, startCodes))).toEqual(units);
      }),
    );
  });

  it('finds nothing in bytes without a start code, and no empty units', () => {
    expect(splitAnnexB(Buffer.from('hello'))).toEqual([]);
    expect(splitAnnexB(Buffer.from([0, 0, 1, 0, 0, 1, 0x65, 9]))).toEqual([Buffer.from([0x65, 9])]);
  });
});

describe('packetizeH264', () => {
  it('is undone by a depacketizer; payloads fit; only the last has the marker', () => {
    fc.assert(
      fc.property(accessUnit, fc.integer({ min: 64, max: 1_500 }), (units, maxPayloadBytes) => {
        const payloads = packetizeH264(annexB(units, startCodes), maxPayloadBytes);
        expect(depacketize(payloads.map(bytesOf))).toEqual(units);
        for (const payload of payloads) expect(bytesOf(payload).length).toBeLessThanOrEqual(maxPayloadBytes);
        expect(payloads.map(({ marker }) => marker)).toEqual(payloads.map((_, index) => index === payloads.length - 1));
      }),
    );
  });

  it('puts parameter sets of an IDR into one STAP-A and cuts the slice into fragments of similar size', () => {
    const sps = Buffer.from([0x67, 0x42, 0xc0, 0x1f, 0x99]);
    const pps = Buffer.from([0x68, 0xce, 0x3c, 0x80]);
    const slice = Buffer.alloc(5_000, 0x77);
    slice[0] = 0x65;
    const payloads = packetizeH264(annexB([sps, pps, slice], startCodes), 1_200).map(bytesOf);
    expect(payloads[0]![0]! & 0x1f).toBe(24);
    // The aggregate carries the highest importance of its units.
    expect(payloads[0]![0]! & 0x60).toBe(0x60);
    const sizes = payloads.slice(1).map((payload) => payload.length);
    expect(sizes).toHaveLength(5);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(5);
  });

  it('leaves out delimiters and filler', () => {
    const slice = Buffer.from([0x41, 1, 2, 3]);
    const payloads = packetizeH264(annexB([Buffer.from([9, 0xf0]), slice, Buffer.from([12, 0xff])], startCodes), 100);
    expect(payloads.map(bytesOf)).toEqual([slice]);
  });

  it('gives nothing for an empty access unit', () => {
    expect(packetizeH264(Buffer.alloc(0), 1_200)).toEqual([]);
  });
});
