import { describe, expect, it } from 'vitest';
import { parityPacketsOf } from './parity-amount.js';

const path = { steadyLoss: 0.02, queueMs: 5, competing: false, runPackets: 1, rttMs: 40 };

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
    const alone = parityPacketsOf(26, path);
    const inRows = parityPacketsOf(26, { ...path, runPackets: 5 });
    expect(parityPacketsOf(13, { ...path, rttMs: 30 })).toBe(1);
    expect(inRows).toBeGreaterThan(alone);
    expect(parityPacketsOf(26, { ...path, steadyLoss: 0.005, runPackets: 5, rttMs: 10 })).toBeLessThan(inRows);
    expect(parityPacketsOf(60, { ...path, runPackets: 5 })).toBeGreaterThan(inRows);
  });

  it('does not take an unknown round trip for none', () => {
    expect(parityPacketsOf(26, { ...path, runPackets: 5, rttMs: 0 })).toBeGreaterThan(1);
  });
});
