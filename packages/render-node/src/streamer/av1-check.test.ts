import { expect, it } from 'vitest';
import { timeAv1 } from './av1-check.js';

it('makes pictures and says what they took', async () => {
  const ms = await timeAv1();
  expect(ms).toBeGreaterThan(0);
});
