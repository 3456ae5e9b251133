import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFormParameters } from '../encoding/flat-parameters.js';
import { computeV1Signature, parseV1SignatureMethod, verifyV1 } from './v1.js';

describe('version 1', () => {
  it('verifies what was signed after a trip through a form, and nothing else', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.]{0,12}$/).filter((text) => text !== 'Signature');
    // Lone surrogates do not survive UTF-8, neither here nor in the SDKs.
    const value = fc.string({ unit: 'grapheme' });
    const method = fc.constantFrom('HmacSHA1' as const, 'HmacSHA256' as const);
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1 }), method, fc.boolean(), (sent, hmac, dots) => {
        const parameters = new Map(Object.entries(sent));
        const spell = (text: string) => (dots ? text.replaceAll('_', '.') : text);
        const target = { method: 'POST', host: 'h.test:8080', path: '/' } as const;
        const signature = computeV1Signature(target, parameters, hmac, 'key', spell);
        const body = new URLSearchParams([...parameters, ['Signature', signature]]).toString();
        const received = parseFormParameters(body);
        if (received.type !== 'decoded') throw new Error('refused');
        const request = { method: 'POST', rawPath: '/', headers: { host: 'h.test:8080' } } as const;
        expect(verifyV1(request, received.value, hmac, 'key')).toBe(true);
        expect(verifyV1(request, received.value, hmac, 'other')).toBe(false);
        expect(verifyV1({ ...request, method: 'GET' }, received.value, hmac, 'key')).toBe(false);
        expect(verifyV1({ ...request, headers: { host: 'x' } }, received.value, hmac, 'key')).toBe(false);
        expect(verifyV1(request, new Map([...received.value, ['Added', '1']]), hmac, 'key')).toBe(false);
      }),
    );
  });

  it('is HmacSHA1 when nothing is said', () => {
    expect([undefined, '', 'HmacSHA1', 'HmacSHA256', 'TC3-HMAC-SHA256'].map(parseV1SignatureMethod)).toEqual([
      'HmacSHA1',
      'HmacSHA1',
      'HmacSHA1',
      'HmacSHA256',
      null,
    ]);
  });
});
