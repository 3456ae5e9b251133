import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReconnectQuery } from './reconnect-query.js';

describe('parseReconnectQuery', () => {
  it.each([
    ['host=1.2.3.4&port=8000&token=abc&uid=user', 'abc', 'user'],
    ['uid=user&token=abc', 'abc', 'user'],
    ['token=a+b/c==&uid=a+b', 'a+b/c==', 'a+b'],
    ['token=t&uid=a&b=c&d', 't', 'a&b=c&d'],
    ['token=t&uid=50%', 't', '50%'],
    ['token=t&uid=%E7%94%A8%20x', 't', '用 x'],
    ['token=t&uid=a%2050%&%FF', 't', 'a 50%&%FF'],
    ['mytoken=x&uuid=y', '', ''],
    ['', '', ''],
  ])('%s', (query, token, userId) => {
    expect(parseReconnectQuery(query)).toEqual({ token, userId });
  });

  it('reads back every encoded value, and never throws', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (token, userId) => {
        const query = `host=h&port=1&token=${encodeURIComponent(token)}&uid=${encodeURIComponent(userId)}`;
        expect(parseReconnectQuery(query)).toEqual({ token, userId });
      }),
    );
    fc.assert(fc.property(fc.string(), (query) => void parseReconnectQuery(query)));
  });
});
