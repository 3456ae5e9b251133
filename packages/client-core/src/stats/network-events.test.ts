import { describe, expect, it } from 'vitest';
import {
  initialNetworkState,
  type NetworkSample,
  parseNetworkScript,
  stepJitter,
  stepNetwork,
} from './network-events.js';

const thresholds = { lossRate: 0.1, nackRate: 0.2, rttAverageMs: 100, rttVariance: 400, notify: 3 };
const calm: NetworkSample = { lossRate: 0, nackRate: 0, rttMs: 10 };

function events(samples: readonly NetworkSample[]): (number | null)[] {
  let state = initialNetworkState;
  return samples.map((sample) => {
    const step = stepNetwork(state, sample, thresholds);
    state = step.state;
    return step.event;
  });
}

describe('stepNetwork', () => {
  it.each([
    ['loss before all else', { lossRate: 0.2, nackRate: 0.9, rttMs: 500 }, 1],
    ['nack', { ...calm, nackRate: 0.9 }, 2],
    ['delay', { ...calm, rttMs: 200 }, 3],
  ])('reports after consecutive bad seconds: %s', (_name, sample, value) => {
    expect(events([sample, sample, sample])).toEqual([null, null, value]);
    expect(events([sample, sample, calm, sample, sample])).not.toContain(1);
  });

  it('reports jitter by variance', () => {
    const samples = [10, 90, 10, 90, 10].map((rttMs) => ({ ...calm, rttMs }));
    expect(events(samples)).toContain(4);
    expect(events(samples.map(() => calm))).not.toContain(4);
  });
});

describe('parseNetworkScript', () => {
  it('reads JSON text and nothing else', () => {
    expect(parseNetworkScript('{"loss_rate_threshold":0.1,"notify_threshold":2}')).toEqual({
      lossRate: 0.1,
      nackRate: null,
      rttAverageMs: null,
      rttVariance: null,
      notify: 2,
    });
    expect(parseNetworkScript('{}')?.notify).toBe(5);
    for (const script of [{}, undefined, 'nonsense']) expect(parseNetworkScript(script)).toBeNull();
  });
});

it('jitter is a round trip of more than twice the average', () => {
  expect(stepJitter(null, 10)).toEqual({ averageMs: 10, jitter: false });
  expect(stepJitter(10, 19).jitter).toBe(false);
  expect(stepJitter(10, 21).jitter).toBe(true);
});
