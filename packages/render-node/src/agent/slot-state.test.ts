import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentLimits } from './limits.js';
import { initialSlotState, type SlotEvent, type SlotState, stepSlot } from './slot-state.js';

const idle: SlotState = { phase: 'idle', sessionId: null, failures: 0, readySinceMs: 1_000 };
const busy: SlotState = { ...idle, phase: 'busy', sessionId: 's1' };
const cleaning: SlotState = { phase: 'cleaning', sessionId: 's1', failures: 0, readySinceMs: null };
const failed: SlotState = { phase: 'failed', sessionId: null, failures: 9, readySinceMs: null };
const ended = (sessionId: string): SlotEvent => ({
  type: 'session-ended',
  sessionId,
  reason: 'program-exit',
  exitCode: 0,
});

describe('stepSlot', () => {
  it.each<[string, SlotState, SlotEvent, SlotState['phase'], string[]]>([
    ['ready after start', initialSlotState, { type: 'warmed' }, 'idle', ['report-state']],
    ['ready after cleaning', cleaning, { type: 'warmed' }, 'idle', ['report-state']],
    ['a session starts', idle, { type: 'session-started', sessionId: 's1' }, 'busy', ['report-state']],
    ['the program ends', busy, ended('s1'), 'cleaning', ['report-ended', 'report-state', 'recycle']],
    ['an older session ends late', busy, ended('s0'), 'busy', []],
    ['the end is told twice', cleaning, ended('s1'), 'cleaning', []],
    ['the start was refused', busy, { type: 'start-failed', sessionId: 's1' }, 'cleaning', ['report-state', 'recycle']],
    [
      'the display dies in a session',
      busy,
      { type: 'host-died' },
      'cleaning',
      ['report-ended', 'report-state', 'recycle'],
    ],
    ['the display dies between sessions', idle, { type: 'host-died' }, 'initializing', ['report-state', 'recycle']],
    ['a dying display while cleaning', cleaning, { type: 'host-died' }, 'cleaning', []],
    ['a failed slot is tried again', failed, { type: 'retry-due' }, 'initializing', ['report-state', 'recycle']],
    ['a session is taken over', initialSlotState, { type: 'adopted', sessionId: 's7' }, 'busy', ['report-state']],
    ['an idle slot is taken over', initialSlotState, { type: 'adopted', sessionId: null }, 'idle', ['report-state']],
    ['a start on a busy slot', busy, { type: 'session-started', sessionId: 's2' }, 'busy', []],
  ])('%s', (_name, state, event, phase, effects) => {
    const step = stepSlot(state, event, 2_000);
    expect(step.state.phase).toBe(phase);
    expect(step.effects.map((effect) => effect.type)).toEqual(effects);
  });

  it('reports the end with its session, reason and exit code', () => {
    expect(stepSlot(busy, ended('s1'), 2_000).effects[0]).toEqual({
      type: 'report-ended',
      sessionId: 's1',
      reason: 'program-exit',
      exitCode: 0,
    });
  });

  it('keeps the ended session visible until the slot is clean', () => {
    expect(stepSlot(busy, ended('s1'), 2_000).state.sessionId).toBe('s1');
    expect(stepSlot(cleaning, { type: 'warm-failed' }, 2_000).state.sessionId).toBe('s1');
    expect(stepSlot(cleaning, { type: 'warmed' }, 2_000).state.sessionId).toBeNull();
  });

  it('waits longer after each failure and gives up after a bounded number', () => {
    let state = initialSlotState;
    const delays: number[] = [];
    for (let count = 0; count < agentLimits.warmFailures; count++) {
      const step = stepSlot(state, { type: 'warm-failed' }, 0);
      state = step.state;
      for (const effect of step.effects) if (effect.type === 'recycle') delays.push(effect.delayMs);
    }
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000]);
    const last = stepSlot(state, { type: 'warm-failed' }, 0);
    expect(last.state.phase).toBe('failed');
    expect(last.effects).toContainEqual({ type: 'retry-later', delayMs: agentLimits.failedRetryMs });
  });

  it('forgets failures of a slot that stood for long, not of one that dies again at once', () => {
    const shaky: SlotState = { ...idle, failures: 4, readySinceMs: 1_000 };
    expect(stepSlot(shaky, { type: 'host-died' }, 2_000).state.failures).toBe(5);
    expect(stepSlot(shaky, { type: 'host-died' }, 1_000 + agentLimits.stableMs).state.failures).toBe(1);
  });

  const eventArbitrary: fc.Arbitrary<SlotEvent> = fc.oneof(
    fc.constantFrom<SlotEvent>(
      { type: 'warmed' },
      { type: 'warm-failed' },
      { type: 'host-died' },
      { type: 'retry-due' },
      { type: 'adopted', sessionId: null },
    ),
    fc.constantFrom('a', 'b').map((sessionId): SlotEvent => ({ type: 'session-started', sessionId })),
    fc.constantFrom('a', 'b').map((sessionId): SlotEvent => ({ type: 'start-failed', sessionId })),
    fc.constantFrom('a', 'b').map(ended),
  );

  it('never loses a session, never works twice at once, and reports every change', () => {
    fc.assert(
      fc.property(fc.array(eventArbitrary, { maxLength: 60 }), (events) => {
        let state = initialSlotState;
        let now = 0;
        // The caller's own work: the first making of the slot is under way.
        let working = true;
        for (const event of events) {
          if ((event.type === 'warmed' || event.type === 'warm-failed') && !working) continue;
          if (event.type === 'adopted' && now > 0) continue;
          if (event.type === 'warmed' || event.type === 'warm-failed' || event.type === 'adopted') working = false;
          const before = state;
          now += 10;
          const { state: after, effects } = stepSlot(before, event, now);
          const types = effects.map((effect) => effect.type);
          if (types.includes('recycle')) {
            expect(working).toBe(false);
            working = true;
          }
          expect(types.includes('report-state')).toBe(after.phase !== before.phase);
          expect(after.phase === 'busy').toBe(after.phase === 'busy' && after.sessionId !== null);
          if (after.phase === 'idle' || after.phase === 'failed') expect(after.sessionId).toBeNull();
          if (before.phase === 'busy' && after.phase !== 'busy') expect(after.phase).toBe('cleaning');
          if (types.includes('report-ended')) expect(before.phase).toBe('busy');
          state = after;
        }
        // Something is always on its way out of the states in which nobody can be served.
        if (state.phase === 'initializing' || state.phase === 'cleaning') expect(working).toBe(true);
      }),
    );
  });
});
