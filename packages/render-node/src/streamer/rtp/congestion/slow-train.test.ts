import { describe, expect, it } from 'vitest';
import { createSlowTrain } from './slow-train.js';

/** A picture of packets that left at once, and the times between their arrivals. */
function play(gapsMs: readonly number[], sentGapMs = 0) {
  const train = createSlowTrain();
  let arrivalUs = 50_000;
  train.add({ sentUs: 0, arrivalUs, bytes: 1_250 });
  for (const [index, gapMs] of gapsMs.entries()) {
    arrivalUs += gapMs * 1_000;
    train.add({ sentUs: (index + 1) * sentGapMs * 1_000, arrivalUs, bytes: 1_250 });
  }
  return train.rateBps();
}
const gaps = (count: number, ms: number) => new Array<number>(count).fill(ms);

describe('createSlowTrain', () => {
  it('says the rate of the path while the picture still arrives', () => {
    expect(play(gaps(5, 2.5))).toBeUndefined();
    expect(play(gaps(13, 2.5))).toBeCloseTo(4e6);
    expect(play(gaps(15, 2.5), 0.3)).toBeCloseTo(4e6);
  });

  it('says nothing of a picture that came quickly, of few packets, or of one that left slowly', () => {
    expect(play(gaps(40, 0.5))).toBeUndefined();
    expect(play(gaps(5, 9))).toBeUndefined();
    expect(play(gaps(13, 2.5), 0.6)).toBeUndefined();
  });

  it('takes packets that were held up and came together for what they are', () => {
    expect(play([...gaps(6, 1), 40, ...gaps(6, 0)])).toBeUndefined();
  });

  it('forgets a slow picture with the next one', () => {
    const train = createSlowTrain();
    for (let index = 0; index < 14; index++) train.add({ sentUs: 0, arrivalUs: 50_000 + index * 2_500, bytes: 1_250 });
    expect(train.rateBps()).toBeDefined();
    train.add({ sentUs: 33_000, arrivalUs: 90_000, bytes: 1_250 });
    expect(train.rateBps()).toBeUndefined();
  });
});
