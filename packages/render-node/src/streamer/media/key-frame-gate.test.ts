import { describe, expect, it } from 'vitest';
import { createKeyFrameGate } from './key-frame-gate.js';

describe('createKeyFrameGate', () => {
  it('lets the first wish through at once and delays the next, without losing it', () => {
    const gate = createKeyFrameGate(250);
    expect(gate.dueInMs(0)).toBeNull();
    gate.request(false);
    expect(gate.dueInMs(0)).toBe(0);
    gate.onKeyFrame(0);
    expect(gate.dueInMs(1)).toBeNull();
    gate.request(false);
    gate.request(false);
    expect(gate.dueInMs(100)).toBe(150);
    expect(gate.dueInMs(250)).toBe(0);
    gate.onKeyFrame(250);
    expect(gate.dueInMs(1_000)).toBeNull();
  });

  it('hurries for a peer without a picture, and a later ordinary wish does not slow that down', () => {
    const gate = createKeyFrameGate(250);
    gate.request(false);
    gate.onKeyFrame(0);
    gate.request(true);
    gate.request(false);
    expect(gate.dueInMs(10)).toBe(15);
    expect(gate.dueInMs(25)).toBe(0);
  });
});
