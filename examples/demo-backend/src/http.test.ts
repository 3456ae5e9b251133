import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseParameters, userIpOf } from './http.js';

describe('the request body', () => {
  it.each([
    ['', {}],
    ['{"UserId":"u"}', { UserId: 'u' }],
    ['ClientSession=a%2Bb%3D&UserId=u+v', { ClientSession: 'a+b=', UserId: 'u v' }],
    ['{"UserId":', null],
    [JSON.stringify(Object.fromEntries(Array.from({ length: 33 }, (_, i) => [i, 1]))), null],
    [Array.from({ length: 33 }, (_, i) => `k${i}=1`).join('&'), null],
  ])('%j', (body, parameters) => {
    expect(parseParameters(body)).toEqual(parameters);
  });

  it('never throws and never gives anything but parameters', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const parameters = parseParameters(body);
        expect(parameters === null || (typeof parameters === 'object' && !Array.isArray(parameters))).toBe(true);
      }),
    );
  });
});

describe('the address of the user', () => {
  it.each([
    [{}, '127.0.0.1', '127.0.0.1'],
    [{}, '::ffff:192.0.2.7', '192.0.2.7'],
    [{}, '2001:db8::1', '2001:db8::1'],
    [{ 'x-forwarded-for': '198.51.100.1, 10.0.0.1' }, '127.0.0.1', '198.51.100.1'],
    [{ 'x-real-ip': '198.51.100.2' }, '127.0.0.1', '198.51.100.2'],
    [{ 'x-forwarded-for': ' ' }, '127.0.0.1', '127.0.0.1'],
  ])('%j from %s is %s', (headers, remote, ip) => {
    expect(userIpOf(headers, remote)).toBe(ip);
  });
});
