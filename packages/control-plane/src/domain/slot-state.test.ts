import type { NodeSlotState } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOwned, newSlot, type SlotEvent, type SlotState, type SlotStateName, transitionSlot } from './slot-state.js';

const settings = { reservationMs: 1, startMs: 1, endRetryMs: 1, cleaningMs: 30_000 };
const now = 5;
const slot = (name: SlotStateName, sessionId: string | null = null): SlotState => ({
  name,
  sessionId,
  deadlineAt: name === 'cleaning' ? 35_000 : null,
});
const report = (state: NodeSlotState, sessionId: string | null = null, decisive = true): SlotEvent => ({
  type: 'reported',
  report: { state, sessionId, decisive },
});

describe('table of transitions', () => {
  it.each<[SlotState, SlotEvent, SlotStateName, string | null, string[]]>([
    [slot('initializing'), report('idle'), 'idle', null, []],
    [slot('idle'), report('failed'), 'failed', null, []],
    [slot('failed'), report('initializing'), 'initializing', null, []],
    [slot('idle'), report('busy', 'x'), 'cleaning', 'x', ['end-on-node x']],
    [slot('idle'), report('cleaning', 'x'), 'cleaning', 'x', []],
    [slot('idle'), { type: 'reserved', sessionId: 'a' }, 'reserved', 'a', []],
    [slot('cleaning', 'z'), { type: 'reserved', sessionId: 'a' }, 'cleaning', 'z', []],
    [slot('busy', 'z'), { type: 'reserved', sessionId: 'a' }, 'busy', 'z', []],
    [slot('reserved', 'a'), report('idle'), 'reserved', 'a', []],
    [slot('reserved', 'a'), report('initializing'), 'reserved', 'a', []],
    [slot('reserved', 'a'), report('failed'), 'failed', null, ['lose-session a']],
    [slot('reserved', 'a'), report('busy', 'x'), 'reserved', 'a', ['end-on-node x']],
    [slot('reserved', 'a'), { type: 'occupied', sessionId: 'a' }, 'busy', 'a', []],
    [slot('reserved', 'a'), { type: 'occupied', sessionId: 'b' }, 'reserved', 'a', []],
    [slot('reserved', 'a'), { type: 'freed', sessionId: 'a' }, 'idle', null, []],
    [slot('busy', 'a'), { type: 'freed', sessionId: 'b' }, 'busy', 'a', []],
    [slot('busy', 'a'), { type: 'cleaning-begun', sessionId: 'a' }, 'cleaning', 'a', []],
    [slot('busy', 'a'), report('busy', 'a'), 'busy', 'a', []],
    [slot('busy', 'a'), report('cleaning', 'a'), 'busy', 'a', []],
    [slot('busy', 'a'), report('idle'), 'idle', null, ['lose-session a']],
    [slot('busy', 'a'), report('idle', null, false), 'busy', 'a', []],
    [slot('busy', 'a'), report('busy', 'x'), 'cleaning', 'x', ['lose-session a', 'end-on-node x']],
    [slot('busy', 'a'), report('busy', 'x', false), 'busy', 'a', ['end-on-node x']],
    [slot('cleaning', 'a'), report('idle'), 'idle', null, []],
    [slot('cleaning', 'a'), report('busy', 'a'), 'cleaning', 'a', ['end-on-node a']],
  ])('%o + %o → %s %s', (from, event, name, sessionId, effects) => {
    const next = transitionSlot(from, event, now, settings);
    expect(next.state).toMatchObject({ name, sessionId });
    expect(next.effects.map((effect) => `${effect.type} ${effect.sessionId}`)).toEqual(effects);
  });

  it('sets anew when the node is asked about cleaning', () => {
    expect(transitionSlot(slot('cleaning', 'a'), { type: 'asked' }, 100_000, settings).state.deadlineAt).toBe(130_000);
    expect(transitionSlot(slot('idle'), { type: 'asked' }, 100_000, settings).state).toEqual(slot('idle'));
  });
});

const sessionId = fc.constantFrom('a', 'b', 'c');
const event: fc.Arbitrary<SlotEvent> = fc.oneof(
  fc.record({
    type: fc.constantFrom('reserved' as const, 'occupied' as const, 'freed' as const, 'cleaning-begun' as const),
    sessionId,
  }),
  fc
    .tuple(
      fc.constantFrom<NodeSlotState>('initializing', 'idle', 'busy', 'cleaning', 'failed'),
      fc.option(sessionId),
      fc.boolean(),
    )
    .map(([state, session, decisive]) => report(state, session, decisive)),
  fc.constant<SlotEvent>({ type: 'asked' }),
);

describe('any history', () => {
  it('never passes a slot from one owner to another without the first being freed, cleaned after or lost', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state = newSlot;
        for (const step of events) {
          const next = transitionSlot(state, step, now, settings);
          if (isOwned(state) && isOwned(next.state)) expect(next.state.sessionId).toBe(state.sessionId);
          if (isOwned(state) && !isOwned(next.state)) {
            const lost = next.effects.some((e) => e.type === 'lose-session' && e.sessionId === state.sessionId);
            const given =
              (step.type === 'freed' || step.type === 'cleaning-begun') && step.sessionId === state.sessionId;
            expect(lost || given).toBe(true);
          }
          if (!isOwned(state) && isOwned(next.state)) expect(state.name).toBe('idle');
          state = next.state;
        }
      }),
    );
  });

  it('gives every state an owner, a deadline or the node as the one to move it on', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state = newSlot;
        for (const step of events) {
          state = transitionSlot(state, step, now, settings).state;
          expect(state.deadlineAt !== null).toBe(state.name === 'cleaning');
          if (isOwned(state)) expect(state.sessionId).not.toBeNull();
          if (['idle', 'initializing', 'failed'].includes(state.name)) expect(state.sessionId).toBeNull();
        }
      }),
    );
  });

  it('orders an end on the node only for sessions that do not own the slot', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state = newSlot;
        for (const step of events) {
          const next = transitionSlot(state, step, now, settings);
          for (const effect of next.effects) {
            if (effect.type === 'end-on-node' && isOwned(state)) expect(effect.sessionId).not.toBe(state.sessionId);
          }
          state = next.state;
        }
      }),
    );
  });
});
