import { createSocket, type Socket } from 'node:dgram';
import { afterEach, expect, it, vi } from 'vitest';
import { openRelay } from './relay.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function endpoint(): Promise<{ socket: Socket; received: string[]; port: number; lastFrom: () => number }> {
  const socket = createSocket('udp4');
  const received: string[] = [];
  let lastFrom = 0;
  socket.on('message', (packet, remote) => {
    received.push(packet.toString());
    lastFrom = remote.port;
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  open.push({ close: () => socket.close() });
  return { socket, received, port: socket.address().port, lastFrom: () => lastFrom };
}
const waitFor = { timeout: 20_000, interval: 5 };

it('carries datagrams both ways, each client from a port of its own, and follows changes of the path', async () => {
  const [server, one, two] = [await endpoint(), await endpoint(), await endpoint()];
  const target = { address: '127.0.0.1', port: server.port };
  const relay = await openRelay({ target, down: { delayUs: 5_000 }, up: { delayUs: 2_000 }, seed: 1 });
  open.push(relay);
  one.socket.send('from one', relay.port, '127.0.0.1');
  await vi.waitFor(() => expect(server.received).toEqual(['from one']), waitFor);
  const portOfOne = server.lastFrom();
  two.socket.send('from two', relay.port, '127.0.0.1');
  await vi.waitFor(() => expect(server.received).toHaveLength(2), waitFor);
  expect(server.lastFrom()).not.toBe(portOfOne);
  server.socket.send('to one', portOfOne, '127.0.0.1');
  await vi.waitFor(() => expect(one.received).toEqual(['to one']), waitFor);
  expect(two.received).toEqual([]);

  relay.update('down', { loss: 1 });
  server.socket.send('lost', portOfOne, '127.0.0.1');
  await vi.waitFor(() => expect(relay.stats().down).toMatchObject({ packets: 2, lost: 1, delivered: 1 }), waitFor);
  relay.update('down', { loss: 0, bandwidthBps: 8_000, queueBytes: 2_000, queueUs: 10_000_000 });
  // 1,000 bytes take a second at 8 kbit/s: the third finds the queue full.
  for (let index = 0; index < 3; index += 1) server.socket.send('x'.repeat(1_000), portOfOne, '127.0.0.1');
  await vi.waitFor(() => expect(relay.stats().down).toMatchObject({ packets: 5, dropped: 1 }), waitFor);
  expect(relay.stats().down.queueMs).toBeGreaterThan(0);
  await vi.waitFor(() => expect(one.received).toHaveLength(3), waitFor);
});
