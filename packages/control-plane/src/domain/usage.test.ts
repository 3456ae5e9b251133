import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reserveSession, type SessionEvent, type SessionState, transitionSession } from './session-state.js';
import { advanceUsage, type UsageInterval, usageKindOf } from './usage.js';

const settings = { reservationMs: 60_000, startMs: 60_000, endRetryMs: 5_000, cleaningMs: 30_000 };

const events: readonly SessionEvent[] = [
  { type: 'reapplied' },
  { type: 'connect-begun', runWithoutClient: false },
  { type: 'connect-begun', runWithoutClient: true },
  { type: 'launched' },
  { type: 'not-ready' },
  { type: 'launch-failed' },
  { type: 'connect-unsettled' },
  { type: 'client-connected' },
  { type: 'client-gone' },
  { type: 'deadline' },
];
const lastEvents: readonly SessionEvent[] = [
  { type: 'end-requested', reason: 'api' },
  { type: 'ended-on-node', reason: 'program-exit', exitCode: 0 },
  { type: 'node-lost' },
];
/** Mostly small steps forward; the clock may also be set back, or jump ahead. */
const clockStep = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -10_000_000, max: -1 }) },
  { weight: 1, arbitrary: fc.integer({ min: 3_600_000, max: 10_000_000 }) },
);
const step = fc.record({ event: fc.constantFrom(...events), ms: clockStep });

describe('usage', () => {
  it('is active while a session runs and idle in every other state of its life', () => {
    expect(usageKindOf('running')).toBe('active');
    for (const state of ['reserved', 'starting', 'waiting-reconnect', 'ending'] as const) {
      expect(usageKindOf(state)).toBe('idle');
    }
    expect(usageKindOf('ended')).toBeNull();
  });

  it('tiles the life of a session without gap or overlap, whatever happens and whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(...lastEvents), clockStep, (steps, last, ms) => {
        const createdAt = 1_700_000_000_000;
        let now = createdAt;
        let state: SessionState = reserveSession({ reconnectGraceMs: 120_000 }, now, settings);
        let since = createdAt;
        const closed: UsageInterval[] = [];
        const apply = (event: SessionEvent, after: number) => {
          now += after;
          const next = transitionSession(state, event, now, settings).state;
          const usage = advanceUsage({ state: state.name, since }, next.name, now);
          if (usage.closed !== null) closed.push(usage.closed);
          since = usage.since;
          state = next;
        };
        for (const { event, ms: after } of steps) apply(event, after);
        apply(last, ms);
        apply({ type: 'end-confirmed' }, ms);
        expect(state.name).toBe('ended');
        let end = createdAt;
        for (const interval of closed) {
          expect(interval.startedAt).toBe(end);
          expect(interval.endedAt).toBeGreaterThan(interval.startedAt);
          end = interval.endedAt;
        }
        expect(end).toBe(since);
      }),
    );
  });
});
