import { createSocket, type Socket } from 'node:dgram';

/** A path between a page and the node that can be made bad. */
export interface LossyRelay {
  /** Port that the page sends to, on 127.0.0.1. */
  readonly port: number;
  /** Packets thrown away so far. */
  dropped(): number;
  /**
   * The node sees the page at another port, as after a NAT has forgotten its mapping. Happens at the page's next check: the node knows
   * nobody at a new port before, and browsers check a good path every 2.5 s.
   */
  rebind(): Promise<void>;
  close(): Promise<void>;
}

export interface LossyRelayOptions {
  readonly targetPort: number;
  /** Share of lost packets in each direction, 0…1. */
  readonly lossShare: number;
  readonly delayMs: number;
  /** Of the sequence that decides what is lost. */
  readonly seed: number;
}

/** Mulberry32: the same losses in every run. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** First bytes of a STUN Binding request. */
const bindingRequest = 0x0001;

async function openSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

const closeSocket = (socket: Socket) => new Promise<void>((resolve) => socket.close(() => resolve()));

/** Opens a relay to a port on 127.0.0.1. It serves the page that spoke last. */
export async function openLossyRelay(options: LossyRelayOptions): Promise<LossyRelay> {
  const random = createRandom(options.seed);
  const front = await openSocket();
  let client: { readonly address: string; readonly port: number } | undefined;
  let dropped = 0;
  let closed = false;

  function pass(send: () => void): void {
    if (random() < options.lossShare) {
      dropped += 1;
      return;
    }
    if (options.delayMs === 0) send();
    else
      setTimeout(() => {
        if (!closed) send();
      }, options.delayMs);
  }
  async function openUpstream(): Promise<Socket> {
    const socket = await openSocket();
    socket.on('message', (packet) => pass(() => client && front.send(packet, client.port, client.address)));
    return socket;
  }
  let upstream = await openUpstream();
  let beforeCheck: (() => void) | undefined;
  front.on('message', (packet, remote) => {
    client = remote;
    if (beforeCheck && packet.readUInt16BE(0) === bindingRequest) {
      beforeCheck();
      upstream.send(packet, options.targetPort, '127.0.0.1');
    } else pass(() => upstream.send(packet, options.targetPort, '127.0.0.1'));
  });
  return {
    port: front.address().port,
    dropped: () => dropped,
    rebind: async () => {
      const next = await openUpstream();
      await new Promise<void>((resolve) => {
        beforeCheck = () => {
          beforeCheck = undefined;
          const old = upstream;
          upstream = next;
          old.close(() => resolve());
        };
      });
    },
    close: async () => {
      closed = true;
      await Promise.all([closeSocket(front), closeSocket(upstream)]);
    },
  };
}
