import { createMutator } from './mutator.js';

/** A parser, what it is fed with, and what must hold whatever it is fed. */
export interface FuzzTarget {
  readonly name: string;
  /** Messages as they really look. */
  readonly shapes: readonly Buffer[];
  /** Longest input; the edge in front of the parser lets no more through, or a little less. */
  readonly maxBytes: number;
  /** Parses and checks. @throws Error that says what does not hold; the parser's own typed error is caught here. */
  readonly check: (input: Buffer) => void;
}

/** An input that a parser did not stand. */
export interface FuzzFinding {
  readonly inputHex: string;
  readonly error: string;
}

/** What {@link runFuzz} did. */
export interface FuzzResult {
  readonly name: string;
  readonly cases: number;
  /** The first few. */
  readonly findings: readonly FuzzFinding[];
  readonly seconds: number;
  /** Longest single case, and its input: hints at work out of proportion. */
  readonly slowestMs: number;
  readonly slowestInputHex: string;
}

const maxFindings = 10;

/** Feeds a parser with `cases` inputs; the same seed gives the same inputs. Ends early after ten findings. */
export function runFuzz(target: FuzzTarget, options: { readonly cases: number; readonly seed: number }): FuzzResult {
  const mutator = createMutator(target.shapes, options.seed, target.maxBytes);
  const findings: FuzzFinding[] = [];
  let slowest: { readonly ms: number; readonly input: Buffer } = { ms: 0, input: Buffer.alloc(0) };
  let cases = 0;
  const startMs = performance.now();
  for (; cases < options.cases && findings.length < maxFindings; cases++) {
    const input = mutator.next();
    // The parser may keep or change what it is given; a finding must show what it was.
    const given = Buffer.from(input);
    const beforeMs = performance.now();
    try {
      target.check(given);
    } catch (error) {
      findings.push({
        inputHex: input.toString('hex'),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
    const tookMs = performance.now() - beforeMs;
    if (tookMs > slowest.ms) slowest = { ms: tookMs, input };
  }
  const seconds = (performance.now() - startMs) / 1000;
  return {
    ...{ name: target.name, cases, findings, seconds },
    ...{ slowestMs: slowest.ms, slowestInputHex: slowest.input.toString('hex') },
  };
}
