import { type LatencyTotals, latencyBucket } from '@cloudstage/protocol';
import { expect, it } from 'vitest';
import type { NodeMeasurements } from '../services/metrics/node-statistics.js';
import { observabilityLimits } from './limits.js';
import { createMetrics } from './metrics.js';
import { createStreamMetrics } from './stream-metrics.js';

const measured = (nodeId: string, latency: LatencyTotals): NodeMeasurements => ({ nodeId, statistics: { latency } });
const counted = (ms: number, count: number) => [[latencyBucket(ms), count]] as const;

function setUp(answer: () => Promise<readonly NodeMeasurements[]>) {
  const { registry } = createMetrics();
  const clock = { now: 10_000, asked: 0 };
  const readNodeStatistics = () => {
    clock.asked += 1;
    return answer();
  };
  const metrics = createStreamMetrics(registry, { readNodeStatistics, now: () => clock.now });
  const series = async (name: string) => {
    await metrics.refresh();
    const line = (await registry.metrics()).split('\n').find((text) => text.startsWith(`${name} `));
    return line === undefined ? null : Number(line.slice(name.length + 1));
  };
  return { registry, metrics, series, clock };
}

const name = 'cloudstage_stream_latency_seconds';

it('shows a histogram of every leg of every node, and what was repaired', async () => {
  const encode = [...counted(3, 90), ...counted(40, 10)];
  const { series, registry } = setUp(async () => [
    measured('n1', { counts: { encode }, repairs: { resync: 2, recovered: 1 } }),
    measured('n2', { counts: { decode: counted(1.5, 4) }, repairs: {} }),
  ]);
  const of = 'node="n1",leg="encode"';
  expect(await series(`${name}_count{${of}}`)).toBe(100);
  expect(await series(`${name}_sum{${of}}`)).toBeCloseTo(0.67, 1);
  expect(await series(`${name}_bucket{${of},le="0.002"}`)).toBe(0);
  expect(await series(`${name}_bucket{${of},le="0.004"}`)).toBe(90);
  expect(await series(`${name}_bucket{${of},le="0.05"}`)).toBe(100);
  expect(await series(`${name}_bucket{${of},le="+Inf"}`)).toBe(100);
  expect(await series(`${name}_count{node="n2",leg="decode"}`)).toBe(4);
  // All legs are there from the start, so that a rate over the first values is one.
  expect(await series(`${name}_count{node="n2",leg="input_to_photon"}`)).toBe(0);
  const repairs = 'cloudstage_stream_latency_repairs_total';
  expect(await series(`${repairs}{node="n1",repair="resync"}`)).toBe(2);
  expect(await series(`${repairs}{node="n2",repair="given-up"}`)).toBe(0);
  expect(await registry.metrics()).toContain(`# TYPE ${name} histogram`);
});

it('shows the traffic of the port muxes under the same labels', async () => {
  const mux = {
    routes: 1,
    udpFlows: 2,
    tcpFlows: 0,
    packetsIn: 3,
    packetsOut: 4,
    bytesIn: 5,
    bytesOut: 6,
    dropped: {},
  };
  const { series } = setUp(async () => [
    { nodeId: 'n1', statistics: { latency: { counts: {}, repairs: {} }, mux } },
    measured('without', { counts: {}, repairs: {} }),
  ]);
  expect(await series('cloudstage_port_mux_packets_total{node="n1",direction="out"}')).toBe(4);
  expect(await series('cloudstage_port_mux_packets_total{node="without",direction="out"}')).toBeNull();
});

it('gives no more labels than there may be', async () => {
  const nodes = Array.from({ length: observabilityLimits.nodeLabels + 5 }, (_, index) =>
    measured(`n${index}`, { counts: { encode: counted(3, 1) }, repairs: {} }),
  );
  const { series, registry } = setUp(async () => nodes);
  expect(await series(`${name}_count{node="other",leg="encode"}`)).toBe(5);
  const labels = new Set(
    [...(await registry.metrics()).matchAll(/latency_seconds_count\{node="([^"]*)"/g)].map((m) => m[1]),
  );
  expect(labels.size).toBe(observabilityLimits.nodeLabels + 1);
});

it('asks the nodes once for scrapes that come together, and keeps what it has when it cannot ask', async () => {
  let isDown = false;
  const { series, clock, metrics } = setUp(async () => {
    if (isDown) throw new Error('no database');
    return [measured('n1', { counts: { encode: counted(3, 7) }, repairs: {} })];
  });
  await Promise.all([metrics.refresh(), metrics.refresh()]);
  clock.now += observabilityLimits.gaugesMs - 1;
  await metrics.refresh();
  expect(clock.asked).toBe(1);
  isDown = true;
  clock.now += 1;
  expect(await series(`${name}_count{node="n1",leg="encode"}`)).toBe(7);
  expect(clock.asked).toBeGreaterThan(1);
});
