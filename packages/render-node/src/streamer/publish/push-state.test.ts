import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishLimits } from './limits.js';
import { beginPush, type Push, type PushEvent, stepPush, streamPushState } from './push-state.js';

const failed: PushEvent = { type: 'failed', message: 'refused' };
const run = (events: readonly (readonly [PushEvent, number])[]) =>
  events.reduce(
    ({ push, retries }, [event, nowMs]) => {
      const step = stepPush(push, event, nowMs);
      return { push: step.push, retries: [...retries, step.retryInMs] };
    },
    { push: beginPush(0), retries: [] as (number | null)[] },
  );

describe('stepPush', () => {
  it('connects until it publishes, then reconnects, with growing pauses', () => {
    expect(run([[failed, 1]]).push).toMatchObject({ phase: 'connecting', message: 'refused' });
    const { push, retries } = run([
      [failed, 1],
      [failed, 2],
      [{ type: 'published' }, 3],
      [failed, 3 + publishLimits.stoodMs],
      [failed, 4 + publishLimits.stoodMs],
    ]);
    expect(push.phase).toBe('reconnecting');
    expect(retries).toEqual([500, 1_000, null, 500, 1_000]);
  });

  it('takes a server that drops each connection soon for one that fails', () => {
    const { push, retries } = run([
      [{ type: 'published' }, 1],
      [failed, publishLimits.stoodMs],
      [{ type: 'published' }, publishLimits.stoodMs + 1],
      [failed, publishLimits.stoodMs * 2],
      [{ type: 'published' }, publishLimits.outageMs - 1],
      [failed, publishLimits.outageMs],
    ]);
    expect(retries).toEqual([null, 500, null, 1_000, null, null]);
    expect(push).toMatchObject({ phase: 'stopped', message: expect.stringContaining('given up') });
  });

  it('pauses while nothing flows, and only while it publishes', () => {
    expect(run([[{ type: 'stalled' }, 1]]).push.phase).toBe('connecting');
    const published = [[{ type: 'published' }, 1]] as const;
    expect(run([...published, [{ type: 'stalled' }, 2]]).push.phase).toBe('paused');
    expect(run([...published, [{ type: 'stalled' }, 2], [{ type: 'flowing' }, 3]]).push).toMatchObject({
      phase: 'publishing',
      message: '',
    });
  });

  it('gives a target up that took nothing for long, counted from the loss of what worked', () => {
    const lateMs = publishLimits.outageMs * 3;
    expect(run([[failed, publishLimits.outageMs]]).push).toMatchObject({
      phase: 'stopped',
      message: expect.stringContaining('given up'),
    });
    const recovered = run([
      [{ type: 'published' }, 1],
      [failed, lateMs],
      [failed, lateMs + publishLimits.outageMs - 1],
    ]);
    expect(recovered.push.phase).toBe('reconnecting');
    expect(
      run([
        [{ type: 'published' }, 1],
        [failed, lateMs],
        [failed, lateMs + publishLimits.outageMs],
      ]).push.phase,
    ).toBe('stopped');
  });

  it('never leaves its end, and retries at most at the bounded pace', () => {
    const event = fc.constantFrom<PushEvent>(
      failed,
      { type: 'published' },
      { type: 'stalled' },
      { type: 'flowing' },
      { type: 'stop' },
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let push: Push = beginPush(0);
        for (const [index, next] of events.entries()) {
          const step = stepPush(push, next, index);
          if (push.phase === 'stopped') expect(step).toEqual({ push, retryInMs: null });
          if (step.retryInMs !== null) expect(step.retryInMs).toBeLessThanOrEqual(publishLimits.retryMaxMs);
          push = step.push;
        }
      }),
    );
  });
});

it('tells clients the words of the protocol', () => {
  const phases = [null, 'connecting', 'publishing', 'paused', 'reconnecting', 'stopped'] as const;
  expect(phases.map(streamPushState)).toEqual([
    'NoStreamPushing',
    'PushConnecting',
    'Pushing',
    'PushPaused',
    'PushReConnecting',
    'NoStreamPushing',
  ]);
});
