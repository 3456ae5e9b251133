import { expect, it } from 'vitest';
import { createDismissal } from './dismissal.js';

it('waits for the heartbeats that bring the token to come back with', () => {
  const dismissal = createDismissal();
  expect(dismissal.isDue(0)).toBe(false);
  dismissal.onHeartbeat();
  expect(dismissal.isDue(1_000)).toBe(false);
  dismissal.onHeartbeat();
  expect(dismissal.isDue(2_000)).toBe(true);
});

it('does not wait for ever for a client without heartbeats', () => {
  const dismissal = createDismissal();
  expect(dismissal.isDue(5_000)).toBe(false);
  expect(dismissal.isDue(14_999)).toBe(false);
  expect(dismissal.isDue(15_000)).toBe(true);
});

it('sends a client that has been there for long away at once', () => {
  const dismissal = createDismissal();
  for (let at = 0; at < 60; at++) dismissal.onHeartbeat();
  expect(dismissal.isDue(60_000)).toBe(true);
});
