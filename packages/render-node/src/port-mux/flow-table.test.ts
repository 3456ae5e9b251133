import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFlowTable, endpointKey, type FlowTable, listenerOf, portOf } from './flow-table.js';

const options = { maxFlows: 8, maxFlowsPerRoute: 3, idleMs: 60 };
type Table = FlowTable<string>;

function add(table: Table, port: number, ufrag: string, atMs = 0) {
  const room = table.makeRoom(ufrag);
  if (!room.ok) return { added: undefined, evicted: [] };
  const { flow } = table.add({
    transport: port % 2 === 0 ? 'udp' : 'tcp',
    address: '192.0.2.1',
    endpoint: port,
    ufrag,
    createdAtMs: atMs,
    handle: `${ufrag}:${port}`,
  });
  return { added: flow, evicted: room.evicted };
}

describe('flow table', () => {
  it('keeps its bounds and its indexes consistent under any sequence of operations', () => {
    const operation = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'answer', 'removeRoute', 'expire', 'remove'),
      port: fc.integer({ min: 1, max: 14 }),
      ufrag: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
      waitMs: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const table = createFlowTable<string>(options);
        let nowMs = 0;
        for (const { kind, port, ufrag, waitMs } of operations) {
          nowMs += waitMs;
          const known = table.get('192.0.2.1', port);
          if (kind === 'add') add(table, port, ufrag, nowMs);
          if (kind === 'answer' && known) known.answered = true;
          if (kind === 'remove' && known) expect(table.remove(known)).toBe(true);
          if (kind === 'removeRoute') table.removeRoute(ufrag);
          if (kind === 'expire') table.expire(nowMs);
          const flows = table.all();
          expect(flows.length).toBe(table.size);
          expect(table.size).toBeLessThanOrEqual(options.maxFlows);
          expect(table.count('udp') + table.count('tcp')).toBe(table.size);
          for (const flow of flows) expect(table.get(flow.address, flow.endpoint)).toBe(flow);
          for (const route of ['r1', 'r2', 'r3', 'r4']) {
            expect(flows.filter((flow) => flow.ufrag === route).length).toBeLessThanOrEqual(options.maxFlowsPerRoute);
          }
        }
      }),
    );
  });

  it('replaces the flow of a client that comes back for another route', () => {
    const table = createFlowTable<string>(options);
    const { added: first } = add(table, 1, 'r1');
    const { flow: second, replaced } = table.add({ ...first!, ufrag: 'r2', handle: 'new' });
    expect(replaced).toBe(first);
    expect(table.get('192.0.2.1', 1)).toBe(second);
    expect(table.removeRoute('r1')).toEqual([]);
    expect(table.remove(first!)).toBe(false);
    expect(table.size).toBe(1);
  });

  it('lets a full route give up a flow without an answer first, then the most idle one', () => {
    const table = createFlowTable<string>(options);
    const flows = [1, 2, 3].map((port) => add(table, port, 'r1', port).added!);
    flows[0]!.answered = true;
    flows[2]!.answered = true;
    expect(add(table, 4, 'r1', 10).evicted).toEqual([flows[1]]);
    table.get('192.0.2.1', 4)!.answered = true;
    flows[0]!.lastHeardAtMs = 50;
    expect(add(table, 5, 'r1', 60).evicted).toEqual([flows[2]]);
  });

  it('refuses a new flow rather than end an answered one of another route when the table is full', () => {
    const table = createFlowTable<string>(options);
    for (let port = 1; port <= 8; port += 1) add(table, port, `r${port % 4}`).added!.answered = true;
    expect(add(table, 20, 'r9').added).toBeUndefined();
    const doomed = table.get('192.0.2.1', 5)!;
    doomed.answered = false;
    expect(add(table, 20, 'r9').evicted).toEqual([doomed]);
  });

  it('expires the silent ones only', () => {
    const table = createFlowTable<string>(options);
    const silent = add(table, 1, 'r1', 0).added!;
    const heard = add(table, 2, 'r1', 0).added!;
    heard.lastHeardAtMs = 30;
    expect(table.expire(60)).toEqual([]);
    expect(table.expire(61)).toEqual([silent]);
    expect(table.all()).toEqual([heard]);
  });

  it('keeps ports of different listeners apart', () => {
    expect(endpointKey(8000, 0)).not.toBe(endpointKey(8000, 33));
    expect(portOf(endpointKey(65_535, 47))).toBe(65_535);
    expect(listenerOf(endpointKey(65_535, 47))).toBe(47);
  });
});
