import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientLimits } from '../limits.js';
import { encodeServerSessionText } from './session-codec.js';
import { stepSession } from './session-machine.js';
import { retryDelayMs } from './session-reconnect.js';
import {
  defaultSessionSettings,
  initialSessionState,
  needsClock,
  type SessionEffect,
  type SessionEvent,
  type SessionState,
} from './session-state.js';

/** Runs events one millisecond apart from `nowMs`, and collects the effects. */
function run(state: SessionState, events: readonly SessionEvent[], nowMs = 1_000) {
  const effects: SessionEffect[] = [];
  let at = nowMs;
  let current = state;
  for (const event of events) {
    const step = stepSession(current, event, at);
    current = step.state;
    effects.push(...step.effects);
    at += 1;
  }
  return { state: current, effects, types: effects.map(({ type }) => type) };
}

const init: SessionEvent = { type: 'init', settings: defaultSessionSettings };
const session = { kind: 'session', session: { sdp: 'v=0' } } as const;
const start: SessionEvent = { type: 'start', outcome: session };
const g = 1;

const toReady: readonly SessionEvent[] = [init, { type: 'offer-ready', generation: g }];
const toConnecting: readonly SessionEvent[] = [
  ...toReady,
  start,
  { type: 'answer-applied', generation: g, code: 0, message: 'ok' },
];
const toEstablished: readonly SessionEvent[] = [
  ...toConnecting,
  { type: 'video-track', generation: g },
  { type: 'channel-open', generation: g, label: 'hb' },
  { type: 'channel-open', generation: g, label: 'ack' },
  { type: 'media-ready', generation: g },
];

/** Polls every 100 ms for a while. */
function pollFor(state: SessionState, fromMs: number, durationMs: number, stepMs: number = clientLimits.pollMs) {
  const effects: SessionEffect[] = [];
  let current = state;
  for (let at = fromMs + stepMs; at <= fromMs + durationMs; at += stepMs) {
    const step = stepSession(current, { type: 'poll' }, at);
    current = step.state;
    effects.push(...step.effects);
  }
  return { state: current, effects, types: effects.map(({ type }) => type) };
}

describe('connecting', () => {
  it('makes an offer, then reports init success', () => {
    const { effects, state } = run(initialSessionState(), toReady);
    expect(effects).toEqual([
      { type: 'create-peer', generation: 1 },
      { type: 'init-result', code: 0, message: 'ok' },
    ]);
    expect(needsClock(state)).toBe(true);
  });

  it.each([
    ['media-ready last', toEstablished],
    [
      'ack last',
      [
        ...toConnecting,
        { type: 'video-track', generation: g },
        { type: 'media-ready', generation: g },
        { type: 'channel-open', generation: g, label: 'ack' },
      ] as SessionEvent[],
    ],
    [
      'track last',
      [
        ...toConnecting,
        { type: 'media-ready', generation: g },
        { type: 'channel-open', generation: g, label: 'ack' },
        { type: 'video-track', generation: g },
      ] as SessionEvent[],
    ],
  ])('is established once track, picture and ack are there: %s', (_name, events) => {
    const before = run(initialSessionState(), events.slice(0, -1));
    expect(before.state.phase).toBe('connecting');
    const after = run(initialSessionState(), events);
    expect(after.state.phase).toBe('established');
    expect(after.types.filter((type) => type === 'established')).toHaveLength(1);
  });

  it('does not wait longer than a second for metadata', () => {
    const waiting = run(initialSessionState(), toEstablished.slice(0, -1));
    expect(pollFor(waiting.state, 1_005, 900).state.phase).toBe('connecting');
    expect(pollFor(waiting.state, 1_005, 1_100).state.phase).toBe('established');
  });

  it('an answer without video never succeeds', () => {
    const { state } = run(
      initialSessionState(),
      toEstablished.filter(({ type }) => type !== 'video-track'),
    );
    expect(pollFor(state, 1_010, 5_000).state.phase).toBe('connecting');
  });

  it('reports the code of the ServerSession and goes on, whatever it is', () => {
    const events = toConnecting.with(-1, { type: 'answer-applied', generation: g, code: 4_001, message: 'busy' });
    const { effects, state } = run(initialSessionState(), events);
    expect(effects.at(-1)).toEqual({ type: 'status', code: 100, message: 'busy' });
    expect(state.phase).toBe('connecting');
  });

  it.each([
    ['undecodable', { kind: 'undecodable' }, { type: 'status', code: -1 }],
    ['null', { kind: 'not-an-object' }, { type: 'connect-fail', code: -5 }],
    ['no sdp', { kind: 'session', session: {} }, { type: 'status', code: -1 }],
  ] as const)('names a useless ServerSession and stays ready: %s', (_name, outcome, expected) => {
    const ready = run(initialSessionState(), toReady);
    const { effects, state } = run(ready.state, [{ type: 'start', outcome }]);
    expect(effects).toEqual([expect.objectContaining(expected)]);
    expect(run(state, [start]).types).toEqual(['apply-answer']);
  });

  it('refuses start without init, and start twice', () => {
    const early = run(initialSessionState(), [start]);
    expect(early.effects).toEqual([expect.objectContaining({ type: 'connect-fail', code: -1 })]);
    const twice = run(initialSessionState(), [...toConnecting, start]);
    expect(twice.effects.at(-1)).toMatchObject({ type: 'connect-fail', code: -1 });
    expect(twice.state.phase).toBe('connecting');
  });

  it('refuses init while connected, and replaces an unused offer', () => {
    const busy = run(initialSessionState(), [...toEstablished, init]);
    expect(busy.effects.at(-1)).toMatchObject({ type: 'init-result', code: -2 });
    expect(busy.state.phase).toBe('established');
    const again = run(initialSessionState(), [...toReady, init]);
    expect(again.types).toEqual(['create-peer', 'init-result', 'close-peer', 'create-peer']);
    expect(again.state.generation).toBe(2);
  });

  it('a rejected answer is -1 and -7, and closes the peer', () => {
    const { effects, state } = run(initialSessionState(), [
      ...toReady,
      start,
      { type: 'answer-failed', generation: g, code: 0, message: 'bad' },
    ]);
    expect(effects.slice(-3)).toEqual([
      { type: 'close-peer', generation: g },
      { type: 'status', code: -1, message: 'bad' },
      expect.objectContaining({ type: 'connect-fail', code: -7 }),
    ]);
    expect(needsClock(state)).toBe(false);
  });

  it('a ServerSession that refuses the client tells its code last', () => {
    const { effects } = run(initialSessionState(), [
      ...toReady,
      start,
      { type: 'answer-failed', generation: g, code: 8, message: 'bad' },
    ]);
    expect(effects.slice(-2)).toEqual([
      expect.objectContaining({ type: 'connect-fail', code: -7 }),
      { type: 'status', code: 8, message: 'bad' },
    ]);
  });

  it('a device without WebRTC is 255', () => {
    const { effects } = run(initialSessionState(), [
      init,
      { type: 'offer-failed', generation: g, message: 'x', noWebrtc: true },
    ]);
    expect(effects.slice(-2)).toEqual([
      { type: 'init-result', code: -1, message: 'x' },
      expect.objectContaining({ type: 'status', code: 255 }),
    ]);
  });

  it('gives up after connect_timeout ticks, as noflow and a loss', () => {
    const outcome = {
      kind: 'session',
      session: { sdp: 'v=0', game_config: { sdk_conf: { connect_timeout: 3 } } },
    } as const;
    const { state } = run(initialSessionState(), [...toReady, { type: 'start', outcome }]);
    expect(pollFor(state, 1_002, 2_500).types).toEqual(['tick', 'tick']);
    const { types } = pollFor(state, 1_002, 3_100);
    expect(types).toEqual(['tick', 'tick', 'noflow', 'close-peer', 'disconnect', 'create-peer']);
  });
});

describe('established', () => {
  const established = run(initialSessionState(), toEstablished).state;
  const alive: SessionEvent = { type: 'activity', generation: g, heartbeat: true };

  it('ticks once a second', () => {
    expect(pollFor(established, 1_010, 3_100).types).toEqual(['tick', 'tick', 'tick']);
  });

  it('counts 2.5 s without anything as a loss, once heartbeats were answered', () => {
    const armed = run(established, [alive], 1_010).state;
    expect(pollFor(armed, 1_010, 2_400).types).toEqual(['tick', 'tick']);
    expect(pollFor(armed, 1_010, 2_600).types).toEqual(['tick', 'tick', 'close-peer', 'disconnect', 'create-peer']);
    // A server that never answers heartbeats is left to ICE.
    expect(pollFor(established, 1_010, 5_000).types).not.toContain('disconnect');
  });

  it('any sign of life resets the silence', () => {
    let { state } = run(established, [alive], 1_010);
    for (let at = 1_010; at < 11_010; at += 2_000) {
      const polled = pollFor(state, at, 1_900);
      expect(polled.types).not.toContain('disconnect');
      state = run(polled.state, [{ type: 'activity', generation: g, heartbeat: false }], at + 1_950).state;
    }
  });

  it('a suspended tab is not a lost server', () => {
    const armed = run(established, [alive], 1_010).state;
    const woken = pollFor(armed, 1_010, 120_000, 60_000);
    expect(woken.types).not.toContain('disconnect');
  });

  it.each([
    ['ICE disconnected', { type: 'ice', generation: g, state: 'disconnected' }],
    ['ICE failed', { type: 'ice', generation: g, state: 'failed' }],
    ['connection failed', { type: 'connection', generation: g, state: 'failed' }],
    ['ack closed', { type: 'channel-closed', generation: g, label: 'ack' }],
  ] as const)('%s is a loss: -1, then a new peer', (_name, event) => {
    const { effects, state } = run(established, [event], 2_000);
    const relevant = effects.filter(({ type }) => type !== 'ice-state');
    expect(relevant).toEqual([
      { type: 'close-peer', generation: 1 },
      expect.objectContaining({ type: 'disconnect', code: -1 }),
      { type: 'create-peer', generation: 2 },
    ]);
    expect(state.retry).toEqual({ failures: 0, dueAtMs: null, deadlineAtMs: null });
  });

  it('does not reconnect when the page does not want it', () => {
    const settings = { ...established.settings, reconnect: false };
    const { types, state } = run({ ...established, settings }, [
      { type: 'connection', generation: g, state: 'failed' },
    ]);
    expect(types).toEqual(['close-peer', 'disconnect']);
    expect(needsClock(state)).toBe(false);
  });

  it.each([0, 1, 2])('hb code %i ends it for good', (code) => {
    const { effects, state } = run(established, [{ type: 'kicked', generation: g, code, message: 'bye' }]);
    expect(effects).toEqual([
      { type: 'close-peer', generation: g },
      { type: 'disconnect', code, message: 'bye' },
    ]);
    expect(needsClock(state)).toBe(false);
  });

  it('destroy reports its code; -1 reconnects', () => {
    expect(run(established, [{ type: 'destroy', code: 7, message: 'x' }]).effects.at(-1)).toEqual({
      type: 'disconnect',
      code: 7,
      message: 'x',
    });
    expect(run(established, [{ type: 'destroy', code: -1, message: 'x' }]).types).toEqual([
      'close-peer',
      'disconnect',
      'create-peer',
    ]);
  });

  it('reports idle at every multiple of the threshold, and forgets it on action', () => {
    const settings = { ...established.settings, idleThresholdMs: 1_000 };
    const first = pollFor({ ...established, settings }, 1_010, 2_500);
    expect(first.effects.filter(({ type }) => type === 'idle')).toEqual([
      { type: 'idle', times: 1 },
      { type: 'idle', times: 2 },
    ]);
    const acted = run(first.state, [{ type: 'user-action' }], 3_510).state;
    expect(pollFor(acted, 3_510, 900).types).not.toContain('idle');
    expect(pollFor(acted, 3_510, 1_100).effects).toContainEqual({ type: 'idle', times: 1 });
  });

  it('reports noflowcenter after ten quiet ticks, not while the page has paused the stream', () => {
    const { types } = pollFor(established, 1_010, 10_500);
    expect(types.filter((type) => type === 'noflow')).toHaveLength(1);
    const paused = run(established, [{ type: 'game-status', playing: false }]).state;
    expect(pollFor(paused, 1_010, 30_000).types).not.toContain('noflow');
  });
});

describe('reconnecting', () => {
  const lost = run(
    run(initialSessionState(), toEstablished).state,
    [{ type: 'connection', generation: 1, state: 'failed' }],
    2_000,
  );
  const offered = run(lost.state, [{ type: 'offer-ready', generation: 2 }], 2_010);
  const retry = { kind: 'retry', message: 'later' } as const;

  it('asks for a session as soon as the offer is there', () => {
    expect(offered.effects).toEqual([{ type: 'request-session', generation: 2, attempt: 1 }]);
  });

  it('connects with the new session and forgets the attempts', () => {
    const serverSession = encodeServerSessionText(JSON.stringify({ sdp: 'v=0' }));
    const { effects, state } = run(offered.state, [
      { type: 'reconnect-outcome', generation: 2, outcome: { kind: 'session', serverSession } },
      { type: 'channel-open', generation: 2, label: 'ack' },
      { type: 'video-track', generation: 2 },
      { type: 'media-ready', generation: 2 },
    ]);
    expect(effects).toEqual([
      { type: 'apply-answer', generation: 2, session: { sdp: 'v=0' } },
      { type: 'established' },
    ]);
    expect(state.retry).toBeNull();
  });

  it.each([
    [{ kind: 'impossible' }, { code: 3, message: 'reconnect failed' }],
    [
      { kind: 'refused', code: 4_000, message: 'gone' },
      { code: 4_000, message: 'gone' },
    ],
  ] as const)('stops on %o', (outcome, expected) => {
    const { effects, state } = run(offered.state, [{ type: 'reconnect-outcome', generation: 2, outcome }]);
    expect(effects).toEqual([
      { type: 'close-peer', generation: 2 },
      { type: 'connect-fail', ...expected },
    ]);
    expect(needsClock(state)).toBe(false);
  });

  it('tries quickly first, then every six seconds, then gives up with -3', () => {
    let { state } = offered;
    let generation = 2;
    let at = 2_020;
    const delays: number[] = [];
    for (;;) {
      const failed = run(state, [{ type: 'reconnect-outcome', generation, outcome: retry }], at);
      const end = failed.effects.at(-1) as Extract<SessionEffect, { type: 'connect-fail' }>;
      if (end.code === -3) {
        expect(needsClock(failed.state)).toBe(false);
        break;
      }
      expect(end).toEqual({ type: 'connect-fail', code: -2, message: 'later' });
      const due = failed.state.retry?.dueAtMs ?? 0;
      delays.push(due - at);
      expect(run(failed.state, [{ type: 'poll' }], due - 1).types).toEqual([]);
      const opened = run(failed.state, [{ type: 'poll' }], due);
      generation += 1;
      expect(opened.effects).toEqual([{ type: 'create-peer', generation }]);
      state = run(opened.state, [{ type: 'offer-ready', generation }], due).state;
      at = due;
    }
    expect(delays).toEqual([500, 1_000, 2_000, ...Array.from({ length: 10 }, () => 6_000)]);
  });

  it('an attempt without media fails after its deadline', () => {
    const serverSession = encodeServerSessionText(JSON.stringify({ sdp: 'v=0' }));
    const { state } = run(
      offered.state,
      [{ type: 'reconnect-outcome', generation: 2, outcome: { kind: 'session', serverSession } }],
      2_020,
    );
    const { effects } = pollFor(state, 2_020, clientLimits.reconnectEstablishMs + 200);
    expect(effects).toContainEqual(expect.objectContaining({ type: 'connect-fail', code: -2 }));
  });

  it('an unreadable session is a failed attempt', () => {
    const outcome = { kind: 'session', serverSession: '?' } as const;
    const { effects } = run(offered.state, [{ type: 'reconnect-outcome', generation: 2, outcome }]);
    expect(effects.at(-1)).toMatchObject({ type: 'connect-fail', code: -2 });
  });

  it('destroy ends the attempts; init begins anew', () => {
    expect(needsClock(run(offered.state, [{ type: 'destroy', code: 0, message: '' }]).state)).toBe(false);
    const anew = run(offered.state, [init, { type: 'offer-ready', generation: 3 }]);
    expect(anew.types).toEqual(['close-peer', 'create-peer', 'init-result']);
  });
});

it('reconnect by hand opens a new peer without reporting a loss', () => {
  const { types, state } = run(run(initialSessionState(), toEstablished).state, [{ type: 'reconnect' }]);
  expect(types).toEqual(['close-peer', 'create-peer']);
  expect(state.retry?.failures).toBe(0);
});

it('retry delays end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), (failures) => {
      const delay = retryDelayMs(failures);
      const last = clientLimits.quickRetryDelaysMs.length + clientLimits.slowRetries;
      expect(delay === null).toBe(failures > last);
      expect(delay ?? 0).toBeLessThanOrEqual(clientLimits.slowRetryDelayMs);
    }),
  );
});

/** Any events in any order. */
const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc.constantFrom<SessionEvent>(
    init,
    start,
    { type: 'reconnect' },
    { type: 'poll' },
    { type: 'poll' },
    { type: 'user-action' },
    { type: 'destroy', code: 0, message: '' },
  ),
  fc
    .record({
      generation: fc.integer({ min: 0, max: 4 }),
      rest: fc.constantFrom(
        { type: 'offer-ready' },
        { type: 'offer-failed', message: 'x', noWebrtc: false },
        { type: 'answer-applied', code: 0, message: '' },
        { type: 'answer-failed', code: 8, message: 'x' },
        { type: 'video-track' },
        { type: 'media-ready' },
        { type: 'channel-open', label: 'ack' },
        { type: 'channel-open', label: 'hb' },
        { type: 'channel-closed', label: 'ack' },
        { type: 'ice', state: 'disconnected' },
        { type: 'connection', state: 'failed' },
        { type: 'activity', heartbeat: true },
        { type: 'kicked', code: 1, message: '' },
        { type: 'reconnect-outcome', outcome: { kind: 'retry', message: '' } },
        { type: 'reconnect-outcome', outcome: { kind: 'impossible' } },
      ),
    })
    .map(({ generation, rest }) => ({ generation, ...rest }) as SessionEvent),
);

describe('whatever happens', () => {
  it('peers open and close in pairs, one at a time, with growing generations', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 4_000 })), { maxLength: 60 }), (events) => {
        let state = initialSessionState();
        let open: number | null = null;
        let newest = 0;
        let at = 0;
        for (const [event, waitMs] of events) {
          at += waitMs;
          const step = stepSession(state, event, at);
          state = step.state;
          for (const effect of step.effects) {
            if (effect.type === 'create-peer') {
              expect(open).toBeNull();
              expect(effect.generation).toBeGreaterThan(newest);
              open = effect.generation;
              newest = effect.generation;
            }
            if (effect.type === 'close-peer') {
              expect(effect.generation).toBe(open);
              open = null;
            }
            if (effect.type === 'apply-answer' || effect.type === 'request-session')
              expect(effect.generation).toBe(open);
          }
          expect(state.peerOpen).toBe(open !== null);
          if (state.phase === 'established') expect(state.ackOpen && state.started && state.retry === null).toBe(true);
          if (!needsClock(state)) expect(state.phase).toBe('disconnected');
        }
      }),
      { numRuns: 500 },
    );
  });
});
