import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialRace, type RaceEffect, type RaceEvent, stepRace } from './race.js';

const due: RaceEvent = { type: 'socket-due' };
const overdue: RaceEvent = { type: 'socket-overdue' };
const ice = (state: string): RaceEvent => ({ type: 'ice', state });
const connected: RaceEvent = { type: 'webrtc-connected' };
const failed: RaceEvent = { type: 'webrtc-failed' };
const picture: RaceEvent = { type: 'socket-picture' };
const socketFailed: RaceEvent = { type: 'socket-failed' };

function run(events: readonly RaceEvent[], socketPossible = true) {
  let state = initialRace(socketPossible);
  const effects: RaceEffect[] = [];
  for (const event of events) {
    const step = stepRace(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { winner: state.winner, effects };
}

describe('the race', () => {
  it.each<[string, RaceEvent[], ReturnType<typeof run>]>([
    [
      'goes to WebRTC without a WebSocket ever opened',
      [ice('checking'), ice('connected'), due, connected],
      { winner: 'webrtc', effects: [] },
    ],
    [
      'opens the WebSocket without a pair, and its picture wins',
      [ice('checking'), due, picture, ice('failed')],
      { winner: 'socket', effects: ['open-socket', 'use-socket'] },
    ],
    [
      'goes to WebRTC that comes before the picture',
      [due, ice('connected'), connected, picture],
      { winner: 'webrtc', effects: ['open-socket', 'close-socket'] },
    ],
    [
      'opens the WebSocket for a pair that never gets through DTLS',
      [ice('connected'), due, overdue, picture],
      { winner: 'socket', effects: ['open-socket', 'use-socket'] },
    ],
    [
      'opens the WebSocket at once when WebRTC fails',
      [failed, picture],
      { winner: 'socket', effects: ['open-socket', 'use-socket'] },
    ],
    [
      'goes on with WebRTC when the WebSocket fails',
      [due, socketFailed, overdue, connected],
      { winner: 'webrtc', effects: ['open-socket'] },
    ],
    [
      'is lost when both fail',
      [due, socketFailed, ice('failed'), failed],
      { winner: null, effects: ['open-socket', 'lost'] },
    ],
    [
      'is lost when both fail, in the other order',
      [ice('failed'), socketFailed],
      { winner: null, effects: ['open-socket', 'lost'] },
    ],
  ])('%s', (_name, events, expected) => {
    expect(run(events)).toEqual(expected);
  });

  it('is WebRTC alone where there is no WebSocket', () => {
    expect(run([due, overdue, ice('failed')], false)).toEqual({ winner: null, effects: ['lost'] });
  });

  it('opens at most once, decides at most once, and never uses what it closed', () => {
    const event = fc.constantFrom(
      due,
      overdue,
      ice('connected'),
      ice('disconnected'),
      ice('failed'),
      connected,
      failed,
      picture,
      socketFailed,
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.boolean(), (events, possible) => {
        const { winner, effects } = run(events, possible);
        const count = (effect: RaceEffect) => effects.filter((found) => found === effect).length;
        expect(count('open-socket')).toBeLessThanOrEqual(possible ? 1 : 0);
        expect(count('use-socket') + count('close-socket') + count('lost')).toBeLessThanOrEqual(1);
        expect(count('use-socket')).toBe(winner === 'socket' ? 1 : 0);
      }),
      { numRuns: 5_000 },
    );
  });
});
