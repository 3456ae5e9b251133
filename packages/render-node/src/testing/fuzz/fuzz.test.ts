import { describe, expect, it } from 'vitest';
import { createMutator } from './mutator.js';
import { type FuzzTarget, runFuzz } from './run.js';
import { fuzzTargets } from './targets.js';

/** In CI; `npm run bench:fuzz` runs millions with other seeds. */
const cases = 20_000;

describe.each(fuzzTargets())('the parser $name', (target) => {
  it('stands whatever comes', () => {
    expect(runFuzz(target, { cases, seed: 1 }).findings).toEqual([]);
  });

  it('stands its shapes as they are, and every beginning of them', () => {
    for (const shape of target.shapes) {
      for (let length = 0; length <= shape.length; length++) target.check(Buffer.from(shape.subarray(0, length)));
    }
  });
});

describe('the fuzzer', () => {
  const planted: FuzzTarget = {
    name: 'planted',
    shapes: [Buffer.from('000400000000', 'hex')],
    maxBytes: 64,
    check: (input) => {
      if (input.length >= 2) input.subarray(2).readUIntBE(0, Math.min(6, input.readUInt16BE(0) || 1));
    },
  };

  it('finds a length that is believed, and shows the input that does it', () => {
    const { findings, cases: done } = runFuzz(planted, { cases: 1_000, seed: 1 });
    expect(findings).toHaveLength(10);
    expect(done).toBeLessThan(1_000);
    for (const { inputHex, error } of findings) {
      expect(error).toMatch(/ERR_OUT_OF_RANGE|ERR_BUFFER_OUT_OF_BOUNDS|outside/);
      expect(() => planted.check(Buffer.from(inputHex, 'hex'))).toThrow();
    }
  });

  it('makes the same inputs from the same seed, none too long', () => {
    const shapes = fuzzTargets().flatMap((target) => target.shapes);
    const [one, two, other] = [
      createMutator(shapes, 7, 200),
      createMutator(shapes, 7, 200),
      createMutator(shapes, 8, 200),
    ];
    const inputs = Array.from({ length: 500 }, () => one.next());
    expect(Array.from({ length: 500 }, () => two.next())).toEqual(inputs);
    expect(Array.from({ length: 500 }, () => other.next())).not.toEqual(inputs);
    expect(Math.max(...inputs.map(({ length }) => length))).toBeLessThanOrEqual(200);
    expect(new Set(inputs.map((input) => input.toString('hex'))).size).toBeGreaterThan(450);
  });
});
