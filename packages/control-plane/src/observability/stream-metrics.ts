import {
  createLatencyHistogram,
  createLatencyLedger,
  type LatencyLedger,
  latencyBucketEndMs,
  latencyLegs,
  latencyRepairs,
} from '@cloudstage/protocol';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { ReadNodeStatistics } from '../services/metrics/node-statistics.js';
import { observabilityLimits } from './limits.js';
import { createMuxMetrics, type LabelledMux } from './mux-metrics.js';

/** Latency of the streams and traffic of the port muxes, read from the nodes when somebody looks. */
export interface StreamMetrics {
  /** Brings it up to date; at most a few seconds old. Never rejects. */
  refresh(): Promise<void>;
}

/** What {@link createStreamMetrics} shows. */
export interface StreamMetricsSources {
  readonly readNodeStatistics: ReadNodeStatistics;
  /** Unix milliseconds. */
  readonly now: () => number;
}

const name = 'cloudstage_stream_latency_seconds';
/** Upper bounds, seconds. */
const bounds = [0.001, 0.002, 0.004, 0.008, 0.016, 0.033, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1];

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName: string;
}

/** Series of one leg of one node. A duration counts as the middle of the bucket in which the node has counted it. */
function legValues(node: string, leg: string, counts: readonly (readonly [number, number])[]): Value[] {
  const histogram = createLatencyHistogram();
  histogram.addCounts(counts);
  const labels = { node, leg };
  const secondsOf = (bucket: number) => (latencyBucketEndMs(bucket - 1) + latencyBucketEndMs(bucket)) / 2_000;
  const upTo = (bound: number) =>
    counts.reduce((sum, [bucket, count]) => sum + (secondsOf(bucket) <= bound ? count : 0), 0);
  return [
    ...bounds.map((bound) => ({ metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: upTo(bound) })),
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: histogram.count },
    {
      metricName: `${name}_sum`,
      labels,
      value: counts.reduce((sum, [bucket, count]) => sum + secondsOf(bucket) * count, 0),
    },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ];
}

/** Gives the first nodes a label of their own and all others one together. */
function createNodeLabels(): (nodeId: string) => string {
  const known = new Set<string>();
  return (nodeId) => {
    if (known.size < observabilityLimits.nodeLabels) known.add(nodeId);
    return known.has(nodeId) ? nodeId : 'other';
  };
}

/** Registers a histogram whose values come from elsewhere, which the library has no call for. */
function registerHistogram(registry: Registry, values: () => readonly Value[]): void {
  const help = 'Latency of the streams by node and part of the way, since the start of the node’s agent';
  const create = () => new Histogram({ name, help, labelNames: ['node', 'leg'], buckets: bounds, registers: [] });
  const empty = create();
  const get = async () => ({ ...(await empty.get()), values: [...values()] });
  registry.registerMetric(Object.assign(create(), { get, getForPromString: get }));
}

/** Creates the metrics in a registry. */
export function createStreamMetrics(registry: Registry, sources: StreamMetricsSources): StreamMetrics {
  const labelOf = createNodeLabels();
  let values: readonly Value[] = [];
  registerHistogram(registry, () => values);
  const repairs = new Counter({
    name: 'cloudstage_stream_latency_repairs_total',
    help: 'What the watchdogs of latency have done, and what came of it, by node',
    labelNames: ['node', 'repair'],
    registers: [registry],
  });
  const muxes = createMuxMetrics(registry);
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  const show = (ledgers: ReadonlyMap<string, LatencyLedger>) => {
    repairs.reset();
    values = [...ledgers].flatMap(([node, ledger]) => {
      const totals = ledger.totals();
      for (const repair of latencyRepairs) repairs.inc({ node, repair }, totals.repairs[repair] ?? 0);
      return latencyLegs.flatMap((leg) => legValues(node, leg, totals.counts[leg] ?? []));
    });
  };
  const read = async () => {
    try {
      const ledgers = new Map<string, LatencyLedger>();
      const found: LabelledMux[] = [];
      for (const { nodeId, statistics } of await sources.readNodeStatistics()) {
        const node = labelOf(nodeId);
        const ledger = ledgers.get(node) ?? createLatencyLedger();
        ledger.add(statistics.latency);
        ledgers.set(node, ledger);
        if (statistics.mux) found.push({ node, mux: statistics.mux });
      }
      show(ledgers);
      muxes.show(found);
      readAt = sources.now();
    } catch {
      // The database did not say which nodes there are; a gauge of its own tells that it is down.
    } finally {
      reading = null;
    }
  };
  return {
    refresh: async () => {
      if (Math.abs(sources.now() - readAt) < observabilityLimits.gaugesMs) return;
      reading ??= read();
      await reading;
    },
  };
}
