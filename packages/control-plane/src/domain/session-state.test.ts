import type { SessionEndReason } from '@cloudstage/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeadlineSettings } from './deadlines.js';
import {
  isUnclaimed,
  prelaunchSession,
  reserveSession,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  sessionStateNames,
  transitionSession,
} from './session-state.js';

const settings: DeadlineSettings = { reservationMs: 60_000, startMs: 60_000, endRetryMs: 5_000, cleaningMs: 30_000 };
const t0 = 1_000_000;
const reserved = () => reserveSession({ reconnectGraceMs: 120_000 }, t0, settings);

const prelaunching = () => prelaunchSession({ reconnectGraceMs: 120_000 }, t0, settings);

const follow = (start: SessionState, events: readonly SessionEvent[]): SessionState =>
  events.reduce((state, event) => transitionSession(state, event, t0, settings).state, start);
/** Runs events one after the other at `t0`. */
const after = (...events: SessionEvent[]): SessionState => follow(reserved(), events);
const started: SessionEvent = { type: 'prelaunch-started', preloadMs: 0 };
const prelaunched = () => follow(prelaunching(), [started, { type: 'deadline' }]);
const begun: SessionEvent = { type: 'connect-begun', runWithoutClient: false };
const states: Record<(typeof sessionStateNames)[number], SessionState> = {
  prelaunching: prelaunching(),
  prelaunched: prelaunched(),
  reserved: reserved(),
  starting: after(begun, { type: 'launched' }),
  running: after(begun, { type: 'launched' }, { type: 'client-connected' }),
  'waiting-reconnect': after(begun, { type: 'launched' }, { type: 'client-connected' }, { type: 'client-gone' }),
  ending: after(begun, { type: 'end-requested', reason: 'user' }),
  ended: after(begun, { type: 'end-requested', reason: 'user' }, { type: 'end-confirmed' }),
};

describe('table of transitions', () => {
  it('has every state under its name', () => {
    for (const name of sessionStateNames) expect(states[name].name).toBe(name);
  });

  it.each<[keyof typeof states, SessionEvent, keyof typeof states, SessionEffect['type'][]]>([
    ['prelaunching', started, 'prelaunching', []],
    ['prelaunching', { type: 'claimed' }, 'prelaunching', []],
    ['prelaunching', begun, 'prelaunching', []],
    ['prelaunching', { type: 'client-connected' }, 'prelaunching', []],
    ['prelaunching', { type: 'launch-failed' }, 'ended', ['clean-slot', 'end-on-node']],
    ['prelaunching', { type: 'end-requested', reason: 'api' }, 'ending', ['end-on-node']],
    ['prelaunching', { type: 'node-lost' }, 'ended', ['clean-slot']],
    ['prelaunched', { type: 'claimed' }, 'reserved', []],
    ['prelaunched', begun, 'prelaunched', []],
    ['prelaunched', { type: 'client-gone' }, 'prelaunched', []],
    ['prelaunched', { type: 'deadline' }, 'prelaunched', []],
    ['prelaunched', { type: 'launch-failed' }, 'prelaunched', []],
    ['prelaunched', { type: 'end-requested', reason: 'api' }, 'ending', ['end-on-node']],
    ['prelaunched', { type: 'ended-on-node', reason: 'program-crash', exitCode: 1 }, 'ended', ['clean-slot']],
    ['reserved', { type: 'claimed' }, 'reserved', []],
    ['reserved', started, 'reserved', []],
    ['reserved', begun, 'starting', ['occupy-slot']],
    ['reserved', { type: 'end-requested', reason: 'api' }, 'ended', ['free-slot']],
    ['reserved', { type: 'client-connected' }, 'reserved', []],
    ['reserved', { type: 'node-lost' }, 'ended', ['free-slot']],
    ['starting', { type: 'client-connected' }, 'running', []],
    ['starting', { type: 'client-gone' }, 'starting', []],
    ['starting', { type: 'not-ready' }, 'starting', []],
    ['starting', { type: 'launch-failed' }, 'starting', []],
    ['starting', { type: 'end-requested', reason: 'api' }, 'ending', ['end-on-node']],
    ['running', { type: 'client-gone' }, 'waiting-reconnect', []],
    ['running', begun, 'running', []],
    ['running', { type: 'launch-failed' }, 'running', []],
    ['running', { type: 'node-lost' }, 'ended', ['clean-slot']],
    ['waiting-reconnect', { type: 'client-connected' }, 'running', []],
    ['waiting-reconnect', { type: 'reapplied' }, 'waiting-reconnect', []],
    ['waiting-reconnect', { type: 'ended-on-node', reason: 'program-exit', exitCode: 0 }, 'ended', ['clean-slot']],
    ['ending', { type: 'client-connected' }, 'ending', []],
    ['ending', { type: 'end-requested', reason: 'api' }, 'ending', []],
    ['ending', { type: 'end-confirmed' }, 'ended', ['clean-slot']],
    ['ended', begun, 'ended', []],
  ])('%s + %o → %s', (from, event, to, effects) => {
    const next = transitionSession(states[from], event, t0 + 1, settings);
    expect(next.state.name).toBe(to);
    expect(next.effects.map((effect) => effect.type)).toEqual(effects);
  });

  it.each<[keyof typeof states, keyof typeof states, SessionEndReason]>([
    ['prelaunching', 'ending', 'start-failed'],
    ['reserved', 'ended', 'reservation-expired'],
    ['starting', 'ending', 'start-failed'],
    ['waiting-reconnect', 'ending', 'grace-over'],
    ['ending', 'ending', 'user'],
  ])('%s at its deadline → %s as %s', (from, to, reason) => {
    const state = states[from];
    const early = transitionSession(state, { type: 'deadline' }, state.deadlineAt! - 1, settings);
    expect(early).toEqual({ state, effects: [] });
    const due = transitionSession(state, { type: 'deadline' }, state.deadlineAt!, settings);
    expect(due.state).toMatchObject({ name: to, endReason: reason });
  });

  it('ends a first start that failed, and goes back to the reservation when the node was not ready', () => {
    const starting = after(begun);
    const failed = transitionSession(starting, { type: 'launch-failed' }, t0, settings);
    expect(failed.state).toMatchObject({ name: 'ended', endReason: 'start-failed' });
    expect(failed.effects.map((effect) => effect.type)).toEqual(['clean-slot', 'end-on-node']);
    expect(transitionSession(starting, { type: 'not-ready' }, t0 + 9, settings).state).toMatchObject({
      name: 'reserved',
      deadlineAt: t0 + 9 + settings.reservationMs,
    });
  });

  it('waits for nobody when it runs without client', () => {
    const running = after({ type: 'connect-begun', runWithoutClient: true }, { type: 'launched' });
    expect(running).toMatchObject({ name: 'running', deadlineAt: null });
    expect(transitionSession(running, { type: 'client-gone' }, t0, settings).state).toBe(running);
  });
});

describe('a prelaunched session', () => {
  it('gets the time to load before it may be claimed, and then waits for ever', () => {
    const loading = follow(prelaunching(), [{ type: 'prelaunch-started', preloadMs: 7_000 }]);
    expect(loading).toMatchObject({ name: 'prelaunching', launchedAt: t0, deadlineAt: t0 + 7_000 });
    expect(follow(loading, [{ type: 'deadline' }])).toBe(loading);
    const ready = transitionSession(loading, { type: 'deadline' }, t0 + 7_000, settings).state;
    expect(ready).toMatchObject({ name: 'prelaunched', deadlineAt: null });
    expect(follow(ready, [started])).toBe(ready);
  });

  it('becomes a reservation whose program runs already', () => {
    const { state } = transitionSession(prelaunched(), { type: 'claimed' }, t0 + 5, settings);
    expect(state).toMatchObject({ name: 'reserved', launchedAt: t0, deadlineAt: t0 + 5 + settings.reservationMs });
    expect(follow(state, [begun, { type: 'client-connected' }])).toMatchObject({ name: 'running', launchedAt: t0 });
  });

  it('is ended on the node when the reservation expires: nobody else gets its program', () => {
    const { state } = transitionSession(prelaunched(), { type: 'claimed' }, t0, settings);
    const due = transitionSession(state, { type: 'deadline' }, state.deadlineAt!, settings);
    expect(due.state).toMatchObject({ name: 'ending', endReason: 'reservation-expired' });
    expect(due.effects).toEqual([{ type: 'end-on-node', reason: 'reservation-expired' }]);
    const lost = transitionSession(state, { type: 'node-lost' }, t0, settings);
    expect(lost.effects).toEqual([{ type: 'clean-slot' }]);
  });
});

const reasons: SessionEndReason[] = ['api', 'user', 'program-exit', 'kicked'];
const event: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc.constantFrom<SessionEvent>(
    { type: 'reapplied' },
    { type: 'claimed' },
    { type: 'launched' },
    { type: 'not-ready' },
    { type: 'launch-failed' },
    { type: 'connect-unsettled' },
    { type: 'client-connected' },
    { type: 'client-gone' },
    { type: 'end-confirmed' },
    { type: 'node-lost' },
    { type: 'deadline' },
  ),
  fc.nat(90_000).map((preloadMs): SessionEvent => ({ type: 'prelaunch-started', preloadMs })),
  fc.boolean().map((runWithoutClient): SessionEvent => ({ type: 'connect-begun', runWithoutClient })),
  fc.constantFrom(...reasons).map((reason): SessionEvent => ({ type: 'end-requested', reason })),
  fc.constantFrom(...reasons).map((reason): SessionEvent => ({ type: 'ended-on-node', reason, exitCode: 1 })),
);
const history = fc.record({
  preloaded: fc.boolean(),
  steps: fc.array(fc.tuple(event, fc.integer({ min: 0, max: 200_000 })), { maxLength: 40 }),
});

describe('any history', () => {
  const run = (
    { preloaded, steps }: { readonly preloaded: boolean; readonly steps: readonly [SessionEvent, number][] },
    check: (before: SessionState, after: SessionState, now: number, effects: readonly SessionEffect[]) => void,
  ) => {
    let state = preloaded ? prelaunching() : reserved();
    let now = t0;
    for (const [step, elapsed] of steps) {
      now += elapsed;
      const next = transitionSession(state, step, now, settings);
      check(state, next.state, now, next.effects);
      state = next.state;
    }
    return { state, now };
  };

  it('gives every state but prelaunched, running and ended a deadline, and those none', () => {
    fc.assert(
      fc.property(history, (steps) => {
        run(steps, (_before, state) => {
          const owned = ['prelaunched', 'running', 'ended'].includes(state.name);
          expect(state.deadlineAt === null).toBe(owned);
        });
      }),
    );
  });

  it('never leaves ended, and knows when and why', () => {
    fc.assert(
      fc.property(history, (steps) => {
        run(steps, (before, state, _now, effects) => {
          expect(state.name === 'ended').toBe(state.endedAt !== null);
          if (state.name === 'ended') expect(state.endReason).not.toBeNull();
          if (before.name !== 'ended') return;
          expect(state).toBe(before);
          expect(effects).toEqual([]);
        });
      }),
    );
  });

  it('gives the slot back exactly once, when it ends', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let given = 0;
        const { state } = run(steps, (_before, after, _now, effects) => {
          const back = effects.filter((effect) => effect.type === 'free-slot' || effect.type === 'clean-slot').length;
          given += back;
          if (back > 0) expect(after.name).toBe('ended');
        });
        expect(given).toBe(state.name === 'ended' ? 1 : 0);
      }),
    );
  });

  it('frees a slot without cleaning only if it was never started', () => {
    fc.assert(
      fc.property(history, (steps) => {
        run(steps, (before, _after, _now, effects) => {
          if (effects.some((effect) => effect.type === 'free-slot')) {
            expect(before).toMatchObject({ name: 'reserved', launchedAt: null });
          }
        });
      }),
    );
  });

  it('ends within a bounded number of deadlines when nobody is connected', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let { state } = run(steps, () => undefined);
        if (state.name === 'running' || isUnclaimed(state))
          state = transitionSession(state, { type: 'node-lost' }, t0, settings).state;
        for (let i = 0; i < 2 && state.name !== 'ended'; i += 1) {
          state = transitionSession(state, { type: 'deadline' }, state.deadlineAt ?? 0, settings).state;
        }
        expect(['ending', 'ended']).toContain(state.name);
        expect(transitionSession(state, { type: 'end-confirmed' }, t0, settings).state.name).toBe('ended');
      }),
    );
  });
});
