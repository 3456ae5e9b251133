import {
  createLatencyHistogram,
  type LatencyCounts,
  type LatencyHistogram,
  type LatencyLeg,
  type LatencyPercentiles,
  type LatencyReport,
  latencyLegs,
} from '@cloudstage/protocol';

/**
 * How long each leg took lately. Any transport may feed it: it takes durations, not packets. Bounded, and recording allocates
 * nothing once a leg has been seen.
 */
export interface LatencyAccount {
  record(leg: LatencyLeg, ms: number): void;
  /** What a client has counted. */
  addCounts(counts: LatencyCounts): void;
  /** Percentiles of the last one to two windows. */
  report(): LatencyReport;
  /** Median of the present window; undefined when the leg was not measured in it. */
  median(leg: LatencyLeg): number | undefined;
  /** Begins a new window. */
  rotate(): void;
  /** Everything counted since the last call. */
  takeCounts(): LatencyCounts;
}

interface Leg {
  current: LatencyHistogram;
  previous: LatencyHistogram;
  readonly untold: LatencyHistogram;
}

const createLeg = (): Leg => ({
  current: createLatencyHistogram(),
  previous: createLatencyHistogram(),
  untold: createLatencyHistogram(),
});

function percentilesOf({ current, previous }: Leg): LatencyPercentiles | null {
  const both = createLatencyHistogram();
  both.addAll(current);
  both.addAll(previous);
  return both.percentiles();
}

/** Creates an empty account. */
export function createLatencyAccount(): LatencyAccount {
  const legs = new Map<LatencyLeg, Leg>();
  const legOf = (name: LatencyLeg): Leg => {
    const known = legs.get(name);
    if (known) return known;
    const created = createLeg();
    legs.set(name, created);
    return created;
  };
  return {
    record: (name, ms) => {
      const leg = legOf(name);
      leg.current.record(ms);
      leg.untold.record(ms);
    },
    addCounts: (counts) => {
      for (const name of latencyLegs) {
        const buckets = counts[name];
        if (!buckets) continue;
        legOf(name).current.addCounts(buckets);
        legOf(name).untold.addCounts(buckets);
      }
    },
    report: () => {
      const report: { [L in LatencyLeg]?: LatencyPercentiles } = {};
      for (const [name, leg] of legs) {
        const percentiles = percentilesOf(leg);
        if (percentiles) report[name] = percentiles;
      }
      return report;
    },
    median: (name) => legs.get(name)?.current.percentiles()?.p50,
    rotate: () => {
      for (const leg of legs.values()) {
        [leg.current, leg.previous] = [leg.previous, leg.current];
        leg.current.clear();
      }
    },
    takeCounts: () => {
      const counts: { [L in LatencyLeg]?: LatencyCounts[L] } = {};
      for (const [name, { untold }] of legs) {
        if (untold.count > 0) counts[name] = untold.counts();
        untold.clear();
      }
      return counts;
    },
  };
}
