import type { MuxStatistics } from '@cloudstage/protocol';
import { expect, it } from 'vitest';
import { createMetrics } from './metrics.js';
import { createMuxMetrics } from './mux-metrics.js';

const mux: MuxStatistics = {
  ...{ routes: 2, udpFlows: 3, tcpFlows: 1, packetsIn: 10, packetsOut: 20, bytesIn: 100, bytesOut: 200 },
  dropped: { 'unknown-flow': 5, 'bad-integrity': 0 },
};

function setUp() {
  const { registry } = createMetrics();
  const metrics = createMuxMetrics(registry);
  const series = async (name: string) => {
    const line = (await registry.metrics()).split('\n').find((text) => text.startsWith(`cloudstage_port_mux_${name} `));
    return line === undefined ? null : Number(line.split(' ').at(-1));
  };
  return { metrics, series, registry };
}

it('shows flows, traffic and drops by node, zeros included', async () => {
  const { metrics, series } = setUp();
  metrics.show([{ node: 'n1', mux }]);
  expect(await series('routes{node="n1"}')).toBe(2);
  expect(await series('flows{node="n1",transport="udp"}')).toBe(3);
  expect(await series('packets_total{node="n1",direction="out"}')).toBe(20);
  expect(await series('bytes_total{node="n1",direction="in"}')).toBe(100);
  expect(await series('dropped_packets_total{node="n1",reason="unknown-flow"}')).toBe(5);
  expect(await series('dropped_packets_total{node="n1",reason="bad-integrity"}')).toBe(0);
});

it('adds up nodes of one label, forgets nodes that are gone, and has few labels whatever a node says', async () => {
  const { metrics, series, registry } = setUp();
  metrics.show([
    { node: 'other', mux },
    { node: 'other', mux },
  ]);
  expect(await series('packets_total{node="other",direction="in"}')).toBe(20);
  const reasons = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`reason-${'x'.repeat(index % 20)}${index}`, 1]),
  );
  const odd = Object.fromEntries(Array.from({ length: 100 }, (_, index) => ['a'.repeat(index + 1), 1]));
  metrics.show([{ node: 'n1', mux: { ...mux, dropped: { ...reasons, ...odd } } }]);
  expect(await series('packets_total{node="other",direction="in"}')).toBeNull();
  expect((await registry.metrics()).match(/^cloudstage_port_mux_dropped_packets_total\{/gm)?.length).toBeLessThan(20);
});
