import { AppError } from '@cloudstage/protocol';
import { expect, it } from 'vitest';
import { refusalCode, slotRefusal } from './refusal.js';

it.each([
  [new AppError('offer-invalid', 'x'), 'offer-invalid'],
  [new AppError('package-unavailable', 'x'), 'package-unavailable'],
  [new AppError('rpc-closed', 'x'), 'streamer-unavailable'],
  [new AppError('deadline-exceeded', 'x'), 'streamer-unavailable'],
  [new AppError('process-start-failed', 'x'), 'internal'],
  [new TypeError('x'), 'internal'],
])('%s is refused as %s', (error, code) => {
  expect(refusalCode(error)).toBe(code);
});

it('lets only the own session into a busy slot', () => {
  const busy = { phase: 'busy', sessionId: 's1', failures: 0, readySinceMs: 0 } as const;
  expect(slotRefusal(busy, 's1')).toBeNull();
  expect(slotRefusal(busy, 's2')).toMatchObject({ code: 'slot-mismatch' });
  expect(slotRefusal({ ...busy, phase: 'cleaning' }, 's1')).toMatchObject({ code: 'session-ending' });
  expect(slotRefusal({ ...busy, phase: 'cleaning' }, 's2')).toMatchObject({ code: 'slot-initializing' });
});
