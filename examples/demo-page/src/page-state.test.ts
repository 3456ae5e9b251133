import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meaningOfDisconnect, meaningOfStart, reconnectDelayMs } from './page-state.js';

describe('onDisconnect', () => {
  it.each([
    [0, { type: 'ended', reason: 'program-ended' }],
    [1, { type: 'ended', reason: 'taken-over' }],
    [-1, { type: 'reconnect' }],
    [2, { type: 'reconnect' }],
    [99, { type: 'reconnect' }],
  ])('%i', (code, meaning) => {
    expect(meaningOfDisconnect(code)).toEqual(meaning);
  });
});

describe('StartProject', () => {
  const refused = (code: string) => ({ Code: 10202, Msg: 'apply concurrent failed', Error: { code, message: 'why' } });
  it.each([
    [
      { Code: 0, Msg: 'Ok', SessionDescribe: { ServerSession: 's' } },
      { type: 'session', serverSession: 's' },
    ],
    [refused('ResourceNotFound.NoIdle'), { type: 'queue' }],
    [refused('UnsupportedOperation.Stopping'), { type: 'later' }],
    [refused('FailedOperation.ProcessTimeout'), { type: 'later' }],
    [
      refused('ResourceNotFound.ProjectNotFound'),
      { type: 'failed', reason: 'refused', detail: 'ResourceNotFound.ProjectNotFound: why' },
    ],
    [
      { Code: 10200, Msg: 'create session failed' },
      { type: 'failed', reason: 'refused', detail: 'create session failed' },
    ],
    [
      { Code: 10000, Msg: 'invalid signature' },
      { type: 'failed', reason: 'signature-required', detail: 'invalid signature' },
    ],
    [
      { Code: 0, Msg: 'Ok' },
      { type: 'failed', reason: 'refused', detail: 'Ok' },
    ],
  ])('%j', (answer, meaning) => {
    expect(meaningOfStart(answer)).toEqual(meaning);
  });
});

describe('the wait before an attempt', () => {
  it('never shrinks, never exceeds its bound, and stays finite', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (attempt) => {
        const delay = reconnectDelayMs(attempt, 200, 5000);
        expect(delay).toBeGreaterThanOrEqual(reconnectDelayMs(Math.max(1, attempt - 1), 200, 5000));
        expect(delay).toBeLessThanOrEqual(5000);
        expect(delay).toBeGreaterThanOrEqual(200);
      }),
    );
  });
});
