import type { MuxRoute } from '../links/mux-link.js';
import { type ClientPath, createClientPath } from './client-path.js';
import type { Counters, DropReason } from './counters.js';
import type { RememberedFlow } from './flow-memory.js';
import { createFlowTable, type Flow, type FlowTable, listenerOf, portOf } from './flow-table.js';
import { muxLimits } from './limits.js';
import type { RouteEntry, RouteTable } from './route-table.js';
import { buildCheckRefusal, hasValidIntegrity, isBindingRequest, parseCheck, type StunCheck } from './stun.js';
import { createKeyedBuckets, createTokenBucket } from './token-bucket.js';
import { createUpstream, type Upstream } from './upstream.js';

/** Way back to clients: a public UDP socket (many clients) or one TCP connection. */
export interface ClientSink {
  readonly transport: 'udp' | 'tcp';
  /** @returns false when the packet was dropped because the client reads too slowly. */
  send(packet: Buffer, address: string, port: number): boolean;
  /** The flow ended although the client did not: its route was deleted, or it had to make room. */
  flowEnded(): void;
}

interface FlowHandle {
  readonly sink: ClientSink;
  readonly upstream: Upstream;
  readonly path: ClientPath<MuxFlow>;
  /** Its loopback port, 0 until it is open. */
  localPort: number;
}
type MuxFlow = Flow<FlowHandle>;

/** Moves packets between clients and streamers, and decides who becomes a flow. */
export interface Relay {
  /**
   * A packet of a client. The relay may keep it until it is sent.
   * @param endpoint the client's port and listener, see `endpointKey`.
   * @returns true when the client has a flow now.
   */
  fromClient(sink: ClientSink, address: string, endpoint: number, packet: Buffer): boolean;
  /** A TCP client closed its connection. */
  clientClosed(sink: ClientSink, address: string, endpoint: number): void;
  /** Ends all flows of a route that was deleted or leads elsewhere now. */
  endRoute(ufrag: string): void;
  /** Ends flows of silent clients and forgets old tombstones; to be called every few seconds. */
  sweep(): void;
  /** Opens the UDP flows that a former process had for a route, with the same loopback ports. */
  restore(
    route: MuxRoute,
    flows: readonly RememberedFlow[],
    sinkOf: (listener: number) => ClientSink | undefined,
  ): void;
  /** The UDP flows, to be remembered. */
  snapshot(): readonly RememberedFlow[];
  countFlows(transport: 'udp' | 'tcp'): number;
  /** Ends every flow. */
  close(): void;
}

/** What a relay works on; the caller owns both. */
export interface RelayDeps {
  readonly routes: RouteTable;
  readonly counters: Counters;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** A UDP flow was opened or ended; called often, must be cheap. */
  readonly onFlowsChanged: () => void;
}

/** Every code but 401, 420, 487 and 500 makes Chromium destroy the candidate pair at once (RFC 8489 §14.8: 400 Bad Request). */
const goneCode = 400;
const goneReason = 'Session Gone';

/** Allowances that keep a flood from costing more than a little processor time. */
function createGuard(clock: () => number) {
  const checks = createTokenBucket(muxLimits.integrityChecks);
  const flows = createTokenBucket(muxLimits.newFlows);
  const flowsByAddress = createKeyedBuckets(muxLimits.newFlowsPerAddress, muxLimits.trackedAddresses);
  return {
    mayVerify: (entry: RouteEntry) => entry.checks.take(clock()) && checks.take(clock()),
    mayOpen: (address: string) => flowsByAddress.take(address, clock()) && flows.take(clock()),
  };
}

class PacketRelay implements Relay {
  readonly #routes: RouteTable;
  readonly #counters: Counters;
  readonly #clock: () => number;
  readonly #onFlowsChanged: () => void;
  readonly #guard: ReturnType<typeof createGuard>;
  /** By ufrag, from the first flow of a route to its end. */
  readonly #paths = new Map<string, ClientPath<MuxFlow>>();
  readonly #flows: FlowTable<FlowHandle> = createFlowTable<FlowHandle>({
    maxFlows: muxLimits.flows,
    maxFlowsPerRoute: muxLimits.flowsPerRoute,
    idleMs: muxLimits.flowIdleMs,
  });

  constructor(deps: RelayDeps) {
    this.#routes = deps.routes;
    this.#counters = deps.counters;
    this.#clock = deps.clock;
    this.#onFlowsChanged = deps.onFlowsChanged;
    this.#guard = createGuard(deps.clock);
  }

  fromClient(sink: ClientSink, address: string, endpoint: number, packet: Buffer): boolean {
    this.#counters.packetsIn += 1;
    this.#counters.bytesIn += packet.length;
    const flow = this.#flows.get(address, endpoint);
    if (isBindingRequest(packet)) return this.#onCheck(sink, address, endpoint, packet, flow);
    if (!flow) return this.#drop('unknown-flow', false);
    this.#forward(flow.handle.path.fromClient(flow, packet), packet);
    return true;
  }

  #forward(flow: MuxFlow, packet: Buffer): void {
    flow.lastHeardAtMs = this.#clock();
    flow.handle.upstream.send(packet);
  }

  #drop(reason: DropReason, hasFlow: boolean): boolean {
    this.#counters.dropped[reason] += 1;
    return hasFlow;
  }

  #onCheck(sink: ClientSink, address: string, endpoint: number, packet: Buffer, flow: MuxFlow | undefined): boolean {
    const hasFlow = flow !== undefined;
    const check = packet.length <= muxLimits.checkBytes ? parseCheck(packet) : null;
    if (!check) return this.#drop('malformed', hasFlow);
    if (flow && check.serverUfrag === flow.ufrag) {
      // The streamer verifies the checks of its own clients.
      this.#forward(flow, packet);
      return true;
    }
    const entry = this.#routes.find(check.serverUfrag, this.#clock());
    if (!entry) return this.#drop('unknown-ufrag', hasFlow);
    if (!this.#guard.mayVerify(entry)) return this.#drop('rate-limited', hasFlow);
    if (!hasValidIntegrity(check, entry.pwd)) return this.#drop('bad-integrity', hasFlow);
    if (entry.kind === 'gone') {
      this.#toClient(sink, address, endpoint, buildCheckRefusal(check, entry.pwd, goneCode, goneReason));
      return this.#drop('route-gone', hasFlow);
    }
    return this.#open(sink, address, endpoint, check, entry, hasFlow);
  }

  #open(
    sink: ClientSink,
    address: string,
    endpoint: number,
    check: StunCheck,
    entry: RouteEntry & { kind: 'live' },
    hasFlow: boolean,
  ): boolean {
    if (!this.#guard.mayOpen(address)) return this.#drop('rate-limited', hasFlow);
    const room = this.#flows.makeRoom(check.serverUfrag);
    if (!room.ok) return this.#drop('flow-table-full', hasFlow);
    for (const evicted of room.evicted) this.#end(evicted, true);
    const client = { sink, address, endpoint };
    this.#addFlow(client, entry.route, 0).handle.upstream.send(check.packet);
    return true;
  }

  #pathOf(ufrag: string): ClientPath<MuxFlow> {
    const path = this.#paths.get(ufrag) ?? createClientPath<MuxFlow>();
    this.#paths.set(ufrag, path);
    return path;
  }

  #fromStreamer(flow: MuxFlow, packet: Buffer): void {
    flow.answered = true;
    const { handle, address, endpoint } = flow.handle.path.fromStreamer(flow, packet);
    this.#toClient(handle.sink, address, endpoint, packet);
  }

  #addFlow(
    client: { sink: ClientSink; address: string; endpoint: number },
    route: MuxRoute,
    localPort: number,
  ): MuxFlow {
    const { sink, address, endpoint } = client;
    const upstream = createUpstream(
      route,
      {
        onOpen: (port) => {
          flow.handle.localPort = port;
          this.#onFlowsChanged();
        },
        onPacket: (packet) => this.#fromStreamer(flow, packet),
        onLost: () => this.#drop('unreachable', true),
        onFailed: () => {
          if (this.#flows.remove(flow)) this.#end(flow, true);
        },
      },
      localPort,
    );
    const { flow, replaced } = this.#flows.add({
      transport: sink.transport,
      address,
      endpoint,
      ufrag: route.ufrag,
      createdAtMs: this.#clock(),
      handle: { sink, upstream, path: this.#pathOf(route.ufrag), localPort: 0 },
    });
    // Same client, another route (its page was loaded again): the client goes on, so it is not told.
    if (replaced) this.#end(replaced, false);
    return flow;
  }

  #toClient(sink: ClientSink, address: string, endpoint: number, packet: Buffer): void {
    if (!sink.send(packet, address, portOf(endpoint))) {
      this.#drop('backpressure', true);
      return;
    }
    this.#counters.packetsOut += 1;
    this.#counters.bytesOut += packet.length;
  }

  #end(flow: MuxFlow, tellClient: boolean): void {
    const { upstream, path } = flow.handle;
    upstream.close();
    path.forget(flow);
    this.#onFlowsChanged();
    if (tellClient) flow.handle.sink.flowEnded();
  }

  clientClosed(sink: ClientSink, address: string, endpoint: number): void {
    const flow = this.#flows.get(address, endpoint);
    if (flow?.handle.sink !== sink || !this.#flows.remove(flow)) return;
    this.#end(flow, false);
  }

  endRoute(ufrag: string): void {
    for (const flow of this.#flows.removeRoute(ufrag)) this.#end(flow, true);
    this.#paths.delete(ufrag);
  }

  sweep(): void {
    const nowMs = this.#clock();
    for (const flow of this.#flows.expire(nowMs)) this.#end(flow, true);
    this.#routes.expire(nowMs);
  }

  restore(
    route: MuxRoute,
    flows: readonly RememberedFlow[],
    sinkOf: (listener: number) => ClientSink | undefined,
  ): void {
    for (const { address, endpoint, localPort } of flows) {
      const sink = sinkOf(listenerOf(endpoint));
      if (!sink || this.#flows.get(address, endpoint)) continue;
      const room = this.#flows.makeRoom(route.ufrag);
      if (!room.ok) return;
      for (const evicted of room.evicted) this.#end(evicted, true);
      this.#addFlow({ sink, address, endpoint }, route, localPort);
    }
  }

  snapshot(): readonly RememberedFlow[] {
    return this.#flows
      .all()
      .filter((flow) => flow.transport === 'udp' && flow.handle.localPort !== 0)
      .map(({ address, endpoint, ufrag, handle }) => ({ address, endpoint, ufrag, localPort: handle.localPort }));
  }

  countFlows(transport: 'udp' | 'tcp'): number {
    return this.#flows.count(transport);
  }

  close(): void {
    for (const flow of this.#flows.all()) {
      this.#flows.remove(flow);
      this.#end(flow, false);
    }
  }
}

/** Creates a relay without flows. */
export function createRelay(deps: RelayDeps): Relay {
  return new PacketRelay(deps);
}
