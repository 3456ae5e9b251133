import { isStun } from './stun.js';

/** Checks of a streamer that wait for a client's answer; it makes one every few seconds for each pair. */
const maxPendingChecks = 64;

/**
 * What the flows of one route have in common: they all lead to one client, at its several addresses. PURE.
 *
 * What the streamer sends goes to the address that the client's data came from last, the pair that it has selected: the streamer's ICE
 * agent does not follow when a NAT or the client itself changes over, and drops the session once its old pair answers no more. So its
 * consent checks go there too, and their answers come back as from the old address. Only answers to the client's own checks return the
 * way the check came, because they are what tells it that a path works.
 */
export interface ClientPath<F> {
  /**
   * A packet of the client that is no check.
   * @returns the flow through which it goes to the streamer.
   */
  fromClient(flow: F, packet: Buffer): F;
  /**
   * A packet of the streamer.
   * @returns the flow through which it goes to the client.
   */
  fromStreamer(flow: F, packet: Buffer): F;
  /** A flow has ended. */
  forget(flow: F): void;
}

const isStunResponse = (packet: Buffer) => packet[0] === 1;
const transactionOf = (packet: Buffer) => packet.toString('latin1', 8, 20);

/** Creates a path on which nothing was sent yet. */
export function createClientPath<F>(): ClientPath<F> {
  let active: F | undefined;
  /** By transaction, the flow of checks that were sent through another one. */
  const checks = new Map<string, F>();
  return {
    fromClient: (flow, packet) => {
      if (!isStun(packet)) {
        active = flow;
        return flow;
      }
      if (checks.size === 0) return flow;
      const transaction = transactionOf(packet);
      const asked = checks.get(transaction);
      checks.delete(transaction);
      return asked ?? flow;
    },
    fromStreamer: (flow, packet) => {
      if (active === undefined || active === flow) return flow;
      if (!isStun(packet)) return active;
      if (isStunResponse(packet)) return flow;
      for (const oldest of checks.keys()) {
        if (checks.size < maxPendingChecks) break;
        checks.delete(oldest);
      }
      checks.set(transactionOf(packet), flow);
      return active;
    },
    forget: (flow) => {
      if (active === flow) active = undefined;
      for (const [transaction, asked] of checks) if (asked === flow) checks.delete(transaction);
    },
  };
}
