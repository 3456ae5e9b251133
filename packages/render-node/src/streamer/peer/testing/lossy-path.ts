import { createSocket } from 'node:dgram';
import { createLinkModel, type LinkOptions } from '../../rtp/testing/link-model.js';

/** A path with a bottleneck and losses between one client and a streamer: real datagrams, those to the client held as the link model says. */
export interface LossyPath {
  /** UDP port on 127.0.0.1 that stands for the streamer. */
  readonly port: number;
  /** Changes the way to the client from now on. */
  update(changes: Partial<LinkOptions>): void;
  /** Packets to the client that were lost or found the queue full. */
  missing(): number;
  close(): Promise<void>;
}

/** Opens a path to a UDP port of a loopback address. */
export async function openLossyPath(
  target: { readonly address: string; readonly port: number },
  options: Partial<LinkOptions>,
): Promise<LossyPath> {
  const model = createLinkModel(options, 1);
  const [front, back] = [createSocket('udp4'), createSocket('udp4')];
  const timers = new Set<NodeJS.Timeout>();
  let client: { readonly port: number; readonly address: string } | undefined;
  front.on('message', (packet, from) => {
    client = from;
    back.send(packet, target.port, target.address);
  });
  back.on('message', (packet) => {
    const nowUs = performance.now() * 1_000;
    for (const atUs of model.send(packet.length, nowUs)) {
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          if (client) front.send(packet, client.port, client.address);
        },
        (atUs - nowUs) / 1_000,
      );
      timers.add(timer);
    }
  });
  for (const socket of [front, back]) {
    // A peer that has gone answers with ICMP errors; they are its own affair.
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  }
  return {
    port: front.address().port,
    update: (changes) => model.update(changes),
    missing: () => model.counters.lost + model.counters.overflowed,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of [front, back]) await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
