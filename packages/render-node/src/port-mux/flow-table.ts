/** PURE: which client address belongs to which route; no sockets, no clock. */

/** A client address bound to a route. The table owns the bookkeeping, its user owns `handle`. */
export interface Flow<T> {
  readonly transport: 'udp' | 'tcp';
  /** IP address of the client as text. */
  readonly address: string;
  /** Port and listening socket of the client in one number, see {@link endpointKey}. */
  readonly endpoint: number;
  readonly ufrag: string;
  readonly createdAtMs: number;
  /** Last packet from the client; written by the relay on the hot path. */
  lastHeardAtMs: number;
  /** The streamer has sent something back. */
  answered: boolean;
  readonly handle: T;
}

/** Facts of a flow at its creation. */
export type NewFlow<T> = Omit<Flow<T>, 'lastHeardAtMs' | 'answered'>;

/** Bounds of a {@link FlowTable}. */
export interface FlowTableOptions {
  readonly maxFlows: number;
  readonly maxFlowsPerRoute: number;
  readonly idleMs: number;
}

/** Result of {@link FlowTable.makeRoom}: flows that had to go, or a refusal. */
export type Room<T> = { readonly ok: true; readonly evicted: readonly Flow<T>[] } | { readonly ok: false };

/** Bookkeeping of flows; removed flows are returned so that the caller can close their handles. */
export interface FlowTable<T> {
  readonly size: number;
  count(transport: 'udp' | 'tcp'): number;
  get(address: string, endpoint: number): Flow<T> | undefined;
  /**
   * Makes room for one more flow of `ufrag`. A full route gives up its flow that never got an answer, else its most idle
   * one (all of them belong to the same peer). A full table gives up a flow that never got an answer, and else refuses:
   * working sessions are not disturbed for new ones.
   */
  makeRoom(ufrag: string): Room<T>;
  /** Adds a flow, replacing the one of the same client address. @returns the replaced flow. */
  add(flow: NewFlow<T>): { readonly flow: Flow<T>; readonly replaced: Flow<T> | undefined };
  /** Removes exactly this flow; false when it is not (or no longer) in the table. */
  remove(flow: Flow<T>): boolean;
  /** Removes and returns all flows of a route. */
  removeRoute(ufrag: string): readonly Flow<T>[];
  /** Removes and returns the flows whose client has been silent for longer than `idleMs`. */
  expire(nowMs: number): readonly Flow<T>[];
  all(): readonly Flow<T>[];
}

/** Packs a port and the number of a listening socket (< 64) into a small integer, so that look-ups allocate nothing. */
export function endpointKey(port: number, listener: number): number {
  return listener * 65_536 + port;
}

/** The port in an {@link endpointKey}. */
export function portOf(endpoint: number): number {
  return endpoint & 0xffff;
}

/** The number of the listening socket in an {@link endpointKey}. */
export function listenerOf(endpoint: number): number {
  return endpoint >>> 16;
}

function pickVictim<T>(flows: Iterable<Flow<T>>, answeredToo: boolean): Flow<T> | undefined {
  let victim: Flow<T> | undefined;
  for (const flow of flows) {
    if (flow.answered && !answeredToo) continue;
    const worse =
      !victim ||
      (victim.answered && !flow.answered) ||
      (victim.answered === flow.answered && flow.lastHeardAtMs < victim.lastHeardAtMs);
    if (worse) victim = flow;
  }
  return victim;
}

class Flows<T> implements FlowTable<T> {
  readonly #options: FlowTableOptions;
  readonly #flows = new Set<Flow<T>>();
  readonly #byAddress = new Map<string, Map<number, Flow<T>>>();
  readonly #byRoute = new Map<string, Set<Flow<T>>>();

  constructor(options: FlowTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#flows.size;
  }

  count(transport: 'udp' | 'tcp'): number {
    let count = 0;
    for (const flow of this.#flows) if (flow.transport === transport) count += 1;
    return count;
  }

  get(address: string, endpoint: number): Flow<T> | undefined {
    return this.#byAddress.get(address)?.get(endpoint);
  }

  makeRoom(ufrag: string): Room<T> {
    const route = this.#byRoute.get(ufrag);
    if (route && route.size >= this.#options.maxFlowsPerRoute) return this.#evict(pickVictim(route, true));
    if (this.#flows.size >= this.#options.maxFlows) return this.#evict(pickVictim(this.#flows, false));
    return { ok: true, evicted: [] };
  }

  #evict(victim: Flow<T> | undefined): Room<T> {
    if (!victim) return { ok: false };
    this.remove(victim);
    return { ok: true, evicted: [victim] };
  }

  add(facts: NewFlow<T>): { flow: Flow<T>; replaced: Flow<T> | undefined } {
    const replaced = this.get(facts.address, facts.endpoint);
    if (replaced) this.remove(replaced);
    const flow: Flow<T> = { ...facts, lastHeardAtMs: facts.createdAtMs, answered: false };
    this.#flows.add(flow);
    const ports = this.#byAddress.get(flow.address) ?? new Map<number, Flow<T>>();
    this.#byAddress.set(flow.address, ports.set(flow.endpoint, flow));
    const route = this.#byRoute.get(flow.ufrag) ?? new Set<Flow<T>>();
    this.#byRoute.set(flow.ufrag, route.add(flow));
    return { flow, replaced };
  }

  remove(flow: Flow<T>): boolean {
    if (!this.#flows.delete(flow)) return false;
    const ports = this.#byAddress.get(flow.address);
    ports?.delete(flow.endpoint);
    if (ports?.size === 0) this.#byAddress.delete(flow.address);
    const route = this.#byRoute.get(flow.ufrag);
    route?.delete(flow);
    if (route?.size === 0) this.#byRoute.delete(flow.ufrag);
    return true;
  }

  removeRoute(ufrag: string): readonly Flow<T>[] {
    return this.#removeAll([...(this.#byRoute.get(ufrag) ?? [])]);
  }

  expire(nowMs: number): readonly Flow<T>[] {
    return this.#removeAll([...this.#flows].filter((flow) => nowMs - flow.lastHeardAtMs > this.#options.idleMs));
  }

  #removeAll(flows: readonly Flow<T>[]): readonly Flow<T>[] {
    for (const flow of flows) this.remove(flow);
    return flows;
  }

  all(): readonly Flow<T>[] {
    return [...this.#flows];
  }
}

/** Creates an empty table. */
export function createFlowTable<T>(options: FlowTableOptions): FlowTable<T> {
  return new Flows<T>(options);
}
