import { describe, expect, it } from 'vitest';
import { toAnswer } from './answer.js';

describe('toAnswer', () => {
  it.each([
    [
      { sessionId: 's', createdAt: 0, endedAt: null, exit: { exitCode: 3 } },
      { SessionId: 's', CreatedAt: '1970-01-01T00:00:00.000Z', EndedAt: null, Exit: { ExitCode: 3 } },
    ],
    [
      [{ a: [1] }, 'text'],
      [{ A: [1] }, 'text'],
    ],
    [
      { RequestId: 'r', Total: 2 },
      { RequestId: 'r', Total: 2 },
    ],
    [{ capture_to_present: { p50: 1 } }, { CaptureToPresent: { P50: 1 } }],
    [null, null],
  ])('%j', (value, expected) => {
    expect(toAnswer(value)).toEqual(expected);
  });
});
