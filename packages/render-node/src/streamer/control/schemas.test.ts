import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAck } from './ack.js';
import { decodeInput } from './decode-input.js';
import { decodeHeartbeat } from './hb.js';
import { looseBoolean, looseNumber, parseJson } from './loose-values.js';

const types = [
  'keyboard',
  'mousemove',
  'mousemove_v2',
  'mousedeltamove',
  'mouseleft',
  'mousemiddle',
  'mouseright',
  'mousebackward',
  'mouseforward',
  'mousescroll',
  'mousehorizontalscroll',
  'event_touch',
  'key_seq',
  'gamepadkey',
  'unused',
  'toString',
];
const fields = [
  'key',
  'down',
  'location',
  'code',
  'x',
  'y',
  'delta',
  'finger_id',
  'event_type',
  'width',
  'height',
  'keys',
];
const message = fc
  .tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()))
  .map(([type, rest]) => ({ ...rest, type }));

function numbersOf(value: unknown): number[] {
  return typeof value === 'object' && value !== null
    ? Object.values(value).filter((field) => typeof field === 'number')
    : [];
}

describe('decoders of client messages', () => {
  it('never throw and let only finite numbers through', () => {
    fc.assert(
      fc.property(fc.oneof(message, fc.jsonValue()), (value) => {
        expect(numbersOf(decodeInput(value)).every(Number.isFinite)).toBe(true);
        decodeAck(value);
        expect(numbersOf(decodeHeartbeat(JSON.stringify(value))).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array()), (data) => {
        decodeInput(parseJson(data, 1_000));
        decodeHeartbeat(data);
      }),
    );
  });

  it.each([
    [
      { type: 'keyboard', key: 65, down: true, location: 0 },
      { kind: 'key', key: 65, location: 0, down: true },
    ],
    [
      { type: 'keyboard', key: '0x41', down: 1 },
      { kind: 'key', key: 65, location: 0, down: true },
    ],
    [
      { type: 'keyboard', key: 65, down: false, location: null, code: 'KeyA', repeat: true },
      { kind: 'key', key: 65, location: 0, down: false, code: 'KeyA' },
    ],
    [{ type: 'keyboard', down: true }, undefined],
    [
      { type: 'mousemove', x: 3, y: '4' },
      { kind: 'move', x: 3, y: 4 },
    ],
    [{ type: 'mousemove' }, undefined],
    [{ type: 'mousemove', x: '', y: 1 }, undefined],
    [
      { type: 'mousemove_v2', x: 8_192, y: 0 },
      { kind: 'move-scaled', x: 8_192, y: 0 },
    ],
    [
      { type: 'mousedeltamove', x: 0, y: 0 },
      { kind: 'move-by', x: 0, y: 0 },
    ],
    [
      { type: 'mouseforward', down: true },
      { kind: 'button', button: 9, down: true },
    ],
    [{ type: 'mouseleft' }, undefined],
    [
      { type: 'mousescroll', delta: -120, x: 0, y: 0, width: 1_280, height: 720 },
      { kind: 'wheel', axis: 'vertical', delta: -120 },
    ],
    [
      { type: 'mousehorizontalscroll', delta: 1 },
      { kind: 'wheel', axis: 'horizontal', delta: 1 },
    ],
    [
      { type: 'event_touch', finger_id: 0, event_type: 2, x: 1, y: 2, width: 3, height: 4, timestamp: 5 },
      { kind: 'touch', finger: 0, phase: 'end', x: 1, y: 2, width: 3, height: 4 },
    ],
    [{ type: 'event_touch', finger_id: 0, event_type: 7, x: 1, y: 2 }, undefined],
    [
      { type: 'key_seq', keys: ['{}'] },
      { kind: 'sequence', messages: ['{}'] },
    ],
    [{ type: 'key_seq', keys: Array.from({ length: 257 }, () => '{}') }, undefined],
    [{ type: 'gamepadkey', key: '0x4000', down: true }, { kind: 'gamepad' }],
    [{ type: 'gamepadkey' }, { kind: 'gamepad' }],
    [{ type: 'unused' }, undefined],
    [{ type: 'constructor' }, undefined],
  ])('%j', (value, expected) => {
    expect(decodeInput(value)).toEqual(expected);
  });

  it.each([
    [
      { seq: 1_795_176_850_903, data: { type: 'x' } },
      { seq: 1_795_176_850_903, type: 'x' },
    ],
    [
      { seq: 'abc', data: { type: 'x' } },
      { seq: 'abc', type: 'x' },
    ],
    [
      { seq: null, data: { type: 'x' } },
      { seq: undefined, type: 'x' },
    ],
    [{ seq: 5 }, { seq: 5, type: '' }],
    [
      { seq: 5, data: 'x' },
      { seq: 5, type: '' },
    ],
    [
      { seq: 5, data: { type: 7 } },
      { seq: 5, type: '' },
    ],
    [{ seq: {} }, undefined],
    ['x', undefined],
    [undefined, undefined],
  ])('envelope %j', (value, expected) => {
    const request = decodeAck(value);
    expect(request && { seq: request.seq, type: request.type }).toEqual(expected);
  });
});

describe('loose values', () => {
  it.each([
    [1, 1],
    ['1', 1],
    ['0x10', 16],
    ['-1.5', -1.5],
    [' ', undefined],
    ['', undefined],
    ['x', undefined],
    [null, undefined],
    [true, undefined],
    [Number.NaN, undefined],
    ['Infinity', undefined],
  ])('number of %j', (value, expected) => {
    expect(looseNumber(value)).toBe(expected);
  });

  it.each([
    [true, true],
    [false, false],
    [1, true],
    [0, false],
    ['true', true],
    ['false', false],
    ['1', true],
    ['0', false],
    ['', false],
    [null, false],
  ])('truth of %j', (value, expected) => {
    expect(looseBoolean(value)).toBe(expected);
  });

  it('bounds the JSON it parses', () => {
    expect(parseJson('"12"', 4)).toBe('12');
    expect(parseJson('"123"', 4)).toBeUndefined();
    expect(parseJson(new Uint8Array([0x7b, 0x7d]), 4)).toEqual({});
    expect(parseJson(new Uint8Array([0xff]), 4)).toBeUndefined();
  });
});
