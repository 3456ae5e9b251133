import { describe, expect, it } from 'vitest';
import { type ParityConditions, parityPacketsOf as parityOf } from './parity-amount.js';

const path = { steadyLoss: 0.02, queueMs: 5, competing: false, runPackets: 1, rttMs: 40 };
/** Of a picture of the usual size. */
const parityPacketsOf = (packets: number, conditions: Omit<ParityConditions, 'usualPackets'>) =>
  parityOf(packets, { usualPackets: packets, ...conditions });

describe('parityPacketsOf', () => {
  it('protects a lossy path only, and not against a full queue', () => {
    expect(parityPacketsOf(14, path)).toBeGreaterThan(0);
    for (const change of [
      { steadyLoss: 0 },
      { steadyLoss: 0.003 },
      { steadyLoss: 0.4 },
      { queueMs: 60 },
      { competing: true },
    ]) {
      expect(parityPacketsOf(14, { ...path, ...change })).toBe(0);
    }
  });

  it('gives one packet to a small picture, and no more than a quarter of any', () => {
    for (const packets of [1, 2, 4]) expect(parityPacketsOf(packets, { ...path, runPackets: 5 })).toBe(1);
    for (const packets of [8, 40, 200]) {
      const worst = { ...path, steadyLoss: 0.2, runPackets: 20, rttMs: 500 };
      expect(parityPacketsOf(packets, worst)).toBeLessThanOrEqual(packets / 4);
    }
  });

  it('gives more where losses come in a row, where a wait is longer, and to a larger picture', () => {
    expect(parityPacketsOf(13, { ...path, rttMs: 30 })).toBe(1);
    const rows = { ...path, steadyLoss: 0.01, runPackets: 5 };
    const inRows = parityPacketsOf(40, rows);
    expect(inRows).toBeGreaterThan(parityPacketsOf(40, { ...rows, runPackets: 1 }));
    expect(inRows).toBeGreaterThan(parityPacketsOf(40, { ...rows, rttMs: 10 }));
    expect(inRows).toBeGreaterThan(parityPacketsOf(20, rows));
  });

  it('gives a large picture among small ones no more than them, and a small one what it bears', () => {
    const among = { ...path, runPackets: 5, usualPackets: 26 };
    expect(parityOf(80, among)).toBe(parityOf(26, among));
    expect(parityOf(8, among)).toBe(2);
  });

  it('does not take an unknown round trip for none', () => {
    expect(parityPacketsOf(26, { ...path, runPackets: 5, rttMs: 0 })).toBeGreaterThan(1);
  });
});
