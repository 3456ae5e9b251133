import type { NodeEvent } from '@cloudstage/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { agentLimits } from './limits.js';
import { createNodeOutbox } from './node-outbox.js';

const logger = pino({ level: 'silent' });
/** Like the real one, on the faked clock. */
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const client = (sessionId: string): NodeEvent => ({ type: 'session.client', nodeId: 'n', sessionId, connected: true });
const status: NodeEvent = {
  type: 'node.status',
  node: { nodeId: 'n', bootId: 'b', name: 'n', region: 'r', version: '0', concurrencyTypes: [], slots: [] },
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function createLink() {
  const delivered: NodeEvent[] = [];
  const link = { reachable: true };
  const emit = async (event: NodeEvent) => {
    if (!link.reachable) throw new Error('unreachable');
    delivered.push(event);
  };
  return { delivered, link, emit };
}

it('keeps order and tries again until the control plane is back', async () => {
  const { delivered, link, emit } = createLink();
  link.reachable = false;
  const outbox = createNodeOutbox({ emit, logger, pause });
  const confirmed: string[] = [];
  for (const id of ['a', 'b', 'c']) outbox.push(client(id), () => confirmed.push(id));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(delivered).toEqual([]);
  link.reachable = true;
  await vi.advanceTimersByTimeAsync(agentLimits.reportRetryMaxMs);
  expect(delivered).toEqual(['a', 'b', 'c'].map(client));
  expect(confirmed).toEqual(['a', 'b', 'c']);
});

it('holds one waiting status and a bounded number of reports, oldest dropped first', async () => {
  const { delivered, link, emit } = createLink();
  link.reachable = false;
  const outbox = createNodeOutbox({ emit, logger, pause });
  for (let count = 0; count < 5; count++) outbox.push(status);
  for (let count = 0; count < agentLimits.queuedReports * 2; count++) outbox.push(client(String(count)));
  link.reachable = true;
  await vi.advanceTimersByTimeAsync(agentLimits.reportRetryMaxMs);
  expect(delivered.length).toBe(agentLimits.queuedReports);
  expect(delivered.filter((event) => event.type === 'node.status').length).toBeLessThanOrEqual(2);
  expect(delivered.at(-1)).toEqual(client(String(agentLimits.queuedReports * 2 - 1)));
});

it('gives waiting reports a bounded time at the end', async () => {
  const { delivered, link, emit } = createLink();
  link.reachable = false;
  const outbox = createNodeOutbox({ emit, logger, pause });
  outbox.push(client('a'));
  const closed = outbox.close(1_000);
  await vi.advanceTimersByTimeAsync(1_000);
  await closed;
  link.reachable = true;
  outbox.push(client('b'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(delivered).toEqual([]);
});
