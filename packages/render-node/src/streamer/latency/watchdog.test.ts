import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DriftKind,
  initialWatchdogState,
  type LatencySecond,
  type Repair,
  repairsOf,
  stepWatchdog,
  type WatchdogEvent,
} from './watchdog.js';

type Happening = WatchdogEvent & { readonly second: number };

/** Plays seconds; `play` hears of repairs and says what the next second is like. */
function simulate(seconds: number, play: (second: number, repairs: readonly Repair[]) => Partial<LatencySecond>) {
  let state = initialWatchdogState;
  const events: Happening[] = [];
  const repairs: Repair[] = [];
  for (let second = 0; second < seconds; second++) {
    const measured = { paceMs: 1, receiveMs: 4, captureToPresentMs: 12, isPathBad: false, ...play(second, repairs) };
    const step = stepWatchdog(state, measured, second * 1_000);
    state = step.state;
    if (step.event === null) continue;
    events.push({ ...step.event, second });
    if (step.event.type === 'repair') repairs.push(step.event.repair);
  }
  return { events, repairs, state };
}

const typesOf = (events: readonly Happening[]) =>
  events.map((event) => (event.type === 'repair' ? event.repair : event.type));

/** A queue that grows by `perMinuteMs` from second 60 on, until a repair empties it. */
const growing = (field: 'paceMs' | 'receiveMs' | 'captureToPresentMs', perMinuteMs: number, helps: Repair) => {
  let emptied: number | null = null;
  return (second: number, repairs: readonly Repair[]) => {
    if (repairs.includes(helps)) emptied ??= second;
    const base = field === 'captureToPresentMs' ? 12 : 4;
    const grown = emptied !== null ? 0 : (Math.max(0, second - 60) / 60) * perMinuteMs;
    return { [field]: base + grown };
  };
};

describe('watchdog', () => {
  it.each([
    ['paceMs', 10, 'pacing', 'lower-bitrate'],
    ['paceMs', 10, 'pacing', 'resync'],
    ['receiveMs', 10, 'receiving', 'resync'],
    ['receiveMs', 3, 'receiving', 'lower-bitrate'],
    ['receiveMs', 10, 'receiving', 'restart-playback'],
    ['captureToPresentMs', 10, 'presenting', 'restart-playback'],
  ] as const)(
    '%s creeping by %i ms a minute is noticed as %s, and repaired by what helps: %s',
    (field, rate, kind, helps) => {
      const { events } = simulate(1_200, growing(field, rate, helps));
      const tried = repairsOf[kind].slice(0, repairsOf[kind].indexOf(helps) + 1);
      expect(typesOf(events)).toEqual([...tried, 'recovered']);
      expect(new Set(events.map((event) => event.kind))).toEqual(new Set<DriftKind>([kind]));
    },
  );

  it('leaves alone what swings, jumps for some seconds, or has always been so', () => {
    const none = (play: (second: number) => Partial<LatencySecond>) => typesOf(simulate(1_800, play).events);
    expect(none((second) => ({ receiveMs: 20 + 8 * Math.sin(second / 20) }))).toEqual([]);
    expect(none((second) => ({ receiveMs: second % 60 < 6 ? 80 : 5 }))).toEqual([]);
    expect(none(() => ({ receiveMs: 150, paceMs: 40, captureToPresentMs: 250 }))).toEqual([]);
    expect(none(() => ({ receiveMs: undefined, paceMs: undefined, captureToPresentMs: undefined }))).toEqual([]);
  });

  it('does nothing about what a bad path causes', () => {
    const { events } = simulate(600, (second) => ({ receiveMs: second < 60 ? 5 : 120, isPathBad: second >= 60 }));
    expect(events).toEqual([]);
  });

  it('takes a path that has become longer for what it is, after having tried everything once', () => {
    const { events } = simulate(3_600, (second) => ({ receiveMs: second < 100 ? 5 : 90 }));
    expect(typesOf(events)).toEqual([...repairsOf.receiving, 'given-up']);
    expect(events[0]?.second).toBeGreaterThan(114);
  });

  it('never repairs without pause, whatever is measured', () => {
    const value = fc.option(fc.double({ min: 0, max: 5_000, noNaN: true }), { nil: undefined });
    const second = fc.record({
      paceMs: value,
      receiveMs: value,
      captureToPresentMs: value,
      isPathBad: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(second, { minLength: 100, maxLength: 600 }), (seconds) => {
        const { events } = simulate(seconds.length, (index) => seconds[index] ?? {});
        for (const [index, event] of events.entries()) {
          const before = events[index - 1];
          if (before === undefined || event.type !== 'repair') continue;
          expect(event.second - before.second).toBeGreaterThanOrEqual(before.type === 'repair' ? 12 : 60);
        }
      }),
      { numRuns: 50 },
    );
  });
});
