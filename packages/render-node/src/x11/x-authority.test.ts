import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCookie, parseDisplayNumber, parseXAuthority, type XAuthorityEntry } from './x-authority.js';

function write(entry: XAuthorityEntry): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(entry.family);
  const fields = [entry.address, entry.display, entry.name, entry.data].map((text) => {
    const bytes = Buffer.from(text, 'latin1');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  return Buffer.concat([head, ...fields]);
}

const latin1 = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const entry = fc.record({ family: fc.nat(65_535), address: latin1, display: latin1, name: latin1, data: latin1 });

describe('parseXAuthority', () => {
  it('reads what was written, and the complete entries of a truncated file', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), fc.nat(30), (entries, cut) => {
        const file = Buffer.concat(entries.map(write));
        expect(parseXAuthority(file)).toEqual(entries);
        const short = parseXAuthority(file.subarray(0, Math.max(0, file.length - cut)));
        expect(short).toEqual(entries.slice(0, short.length));
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseXAuthority(Buffer.from(bytes))));
  });
});

const cookie = (display: string, data: string, name = 'MIT-MAGIC-COOKIE-1') => ({
  family: 256,
  address: 'x',
  display,
  name,
  data,
});

it('prefers the cookie of the display over one for every display', () => {
  const entries = [cookie('', 'any'), cookie('5', 'xdm', 'XDM-AUTHORIZATION-1'), cookie('5', 'five')];
  expect(findCookie(entries, 5)?.data).toBe('five');
  expect(findCookie(entries, 6)?.data).toBe('any');
  expect(findCookie([cookie('5', 'five')], 6)).toBeUndefined();
});

it.each([
  [':101', 101],
  [':0.0', 0],
  ['unix:3', 3],
  ['host.example:12.1', 12],
  ['101', undefined],
  [':', undefined],
  [':1234567', undefined],
])('display %s', (display, expected) => {
  expect(parseDisplayNumber(display)).toBe(expected);
});
