import { isAppError } from '@cloudstage/protocol';
import { expect, it } from 'vitest';
import { isInSourceRanges, networkOf, normaliseSourceRange } from './source-ranges.js';

it.each([
  ['10.0.0.7', '10.0.0.7/32'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['2001:DB8::1', '2001:db8::1/128'],
  ['2001:db8::/32', '2001:db8::/32'],
])('writes %s as %s', (text, range) => expect(normaliseSourceRange(text)).toBe(range));

it.each(['', '10.1', '010.0.0.1', '10.0.0.1/33', 'localhost', '::1%eth0', '2001:db8::/129', '10.0.0.1-10.0.0.9'])(
  'refuses %j',
  (text) => {
    expect(() => normaliseSourceRange(text)).toThrow(
      expect.toSatisfy((error: unknown) => isAppError(error, 'access-key-invalid')),
    );
  },
);

it('finds addresses in ranges of their own family, however they are written', () => {
  const ranges = ['10.0.0.0/8', '192.0.2.7/32', '2001:db8::/32'];
  const inside = ['10.255.0.1', '192.0.2.7', '::ffff:10.1.2.3', '2001:db8:1::9', '2001:0DB8::1'];
  expect(inside.filter((address) => !isInSourceRanges(address, ranges))).toEqual([]);
  const outside = ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::1', '', 'unknown'];
  expect(outside.filter((address) => isInSourceRanges(address, ranges))).toEqual([]);
  expect(isInSourceRanges('::a00:1', ['0.0.0.0/0'])).toBe(false);
  expect(isInSourceRanges('203.0.113.5', ['0.0.0.0/0'])).toBe(true);
});

it('takes a /64 as one sender', () => {
  expect(networkOf('2001:db8:1:2:3::4')).toBe(networkOf('2001:db8:1:2:ffff::9'));
  expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'));
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('nonsense')).toBe('nonsense');
});
