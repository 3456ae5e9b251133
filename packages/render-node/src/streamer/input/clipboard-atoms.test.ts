import { expect, it } from 'vitest';
import { latin1Of } from './clipboard-atoms.js';

it.each([
  ['plain', 'plain'],
  ['Zwölf ÿ', 'Zwölf ÿ'],
  ['你好 €', '?? ?'],
  ['🙂!', '?!'],
])('%s as STRING', (text, expected) => {
  expect(latin1Of(text).toString('latin1')).toBe(expected);
});
