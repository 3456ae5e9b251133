import { expect, it } from 'vitest';
import { socketLimits } from './limits.js';
import { createSocketTokens } from './tokens.js';

it('lets a client in once, for its own peer, and not for ever', () => {
  const tokens = createSocketTokens<string>();
  const [a, b] = [tokens.issue('a', 0), tokens.issue('b', 0)];
  expect(a).toMatch(/^[\w-]{43}$/);
  expect(tokens.claim('', 1)).toBeUndefined();
  expect(tokens.claim(`${a.slice(0, -1)}~`, 1)).toBeUndefined();
  expect([tokens.claim(a, 1), tokens.claim(a, 2)]).toEqual(['a', undefined]);
  expect(tokens.claim(b, socketLimits.tokenMs)).toBeUndefined();
});

it('is withdrawn with its peer, and replaced by a newer one', () => {
  const tokens = createSocketTokens<string>();
  const old = tokens.issue('a', 0);
  const withdrawn = tokens.issue('b', 0);
  tokens.withdraw('b');
  const current = tokens.issue('a', 0);
  expect([old, withdrawn, current].map((token) => tokens.claim(token, 1))).toEqual([undefined, undefined, 'a']);
});
