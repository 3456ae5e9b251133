import { expect, it } from 'vitest';
import { createTurnstile } from './turnstile.js';

it('lets callers in one at a time, in order, whatever becomes of them', async () => {
  const turnstile = createTurnstile(8);
  const log: string[] = [];
  const work = (name: string, fails = false) =>
    turnstile.enter(async () => {
      log.push(`${name} in`);
      await Promise.resolve();
      log.push(`${name} out`);
      if (fails) throw new Error(name);
      return name;
    });
  const outcomes = await Promise.allSettled([work('a'), work('b', true), work('c')]);
  expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('refuses a crowd', async () => {
  const turnstile = createTurnstile(1);
  const first = turnstile.enter(async () => 1);
  await expect(turnstile.enter(async () => 2)).rejects.toMatchObject({ code: 'busy' });
  await expect(first).resolves.toBe(1);
  await expect(turnstile.enter(async () => 3)).resolves.toBe(3);
});
