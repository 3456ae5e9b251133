import { domainLimits } from './limits.js';

/** Slots that placement cannot tell apart: same region, same types served. */
export interface SlotPool {
  readonly id: string;
  readonly region: string;
  /** Types of concurrency that the nodes serve; empty: all. */
  readonly types: readonly string[];
}

/** A concurrency package bound to the project. */
export interface BoundPackage {
  readonly id: string;
  readonly type: string;
  readonly region: string;
  /** Neither expired nor revoked. */
  readonly active: boolean;
}

/** What a project may be placed on. */
export interface PlacementFacts {
  readonly concurrencyType: string;
  /** Pools of the project's category. */
  readonly pools: readonly SlotPool[];
  /** All packages that are bound to the project, also those that no longer count. */
  readonly packages: readonly BoundPackage[];
  /** True: a project without packages has no concurrency. */
  readonly requirePackages: boolean;
  /** Regions, nearest first; others come after them by name. */
  readonly regionOrder: readonly string[];
}

/** One place to look for a slot, with the package whose seat pays for it. */
export interface PlacementCandidate {
  readonly packageId: string | null;
  readonly poolId: string;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** True when the nodes of a pool run sessions of this type. */
export function servesType(pool: SlotPool, concurrencyType: string): boolean {
  return pool.types.length === 0 || pool.types.includes(concurrencyType);
}

/** Id of the pool of a node with these properties: the same properties, the same pool. */
export function slotPoolId(key: {
  readonly category: string;
  readonly region: string;
  readonly types: readonly string[];
}): string {
  const types = [...new Set(key.types)].sort(compareText);
  return `${key.category}/${key.region}/${types.length === 0 ? '*' : types.join('+')}`;
}

/**
 * Pool of the slots of a node that takes no new sessions. There is no such pool, so no candidate names it, and its slots
 * count nowhere as capacity; what runs on them goes on.
 */
export const drainedPoolId = '';

/** Where placement finds the slots of a node. */
export function placedPoolId(node: { readonly poolId: string; readonly drainingSince: number | null }): string {
  return node.drainingSince === null ? node.poolId : drainedPoolId;
}

/** True when only packages give this project concurrency. */
export function needsPackage(facts: Pick<PlacementFacts, 'packages' | 'requirePackages'>): boolean {
  return facts.requirePackages || facts.packages.length > 0;
}

/**
 * Where to look for a slot, in the order of preference; the database decides which slot is really free. Regions come in
 * their order; within a region the choosiest pools come first, so that nodes that serve everything stay free for those
 * that find nothing else. Empty: the project has no concurrency anywhere.
 */
export function decidePlacement(facts: PlacementFacts): readonly PlacementCandidate[] {
  const rank = (region: string): number => {
    const index = facts.regionOrder.indexOf(region);
    return index < 0 ? facts.regionOrder.length : index;
  };
  const byRegion = (a: { readonly region: string }, b: { readonly region: string }): number =>
    rank(a.region) - rank(b.region) || compareText(a.region, b.region);
  const choosiness = (pool: SlotPool): number =>
    pool.types.length === 0 ? Number.MAX_SAFE_INTEGER : pool.types.length;
  const pools = facts.pools
    .filter((pool) => servesType(pool, facts.concurrencyType))
    .sort((a, b) => byRegion(a, b) || choosiness(a) - choosiness(b) || compareText(a.id, b.id));
  const candidates = needsPackage(facts)
    ? facts.packages
        .filter((bound) => bound.active && bound.type === facts.concurrencyType)
        .sort((a, b) => byRegion(a, b) || compareText(a.id, b.id))
        .flatMap((bound) =>
          pools
            .filter((pool) => pool.region === bound.region)
            .map((pool) => ({ packageId: bound.id, poolId: pool.id })),
        )
    : pools.map((pool) => ({ packageId: null, poolId: pool.id }));
  return candidates.slice(0, domainLimits.maxPlacementCandidates);
}

/** What is left of the candidates after none could be taken. */
export interface Shortage {
  /** A candidate has an idle slot (and a seat): another call was holding it just then. */
  readonly idle: boolean;
  /** A candidate has a slot that is being prepared (and a seat). */
  readonly initializing: boolean;
  /** Somebody uses a slot of the candidates' pools. */
  readonly used: boolean;
}

/** What to tell a user who found no slot; `again`: look once more. */
export function decideShortage(shortage: Shortage): 'again' | 'initializing' | 'no-idle' {
  if (shortage.idle) return 'again';
  return shortage.initializing && !shortage.used ? 'initializing' : 'no-idle';
}
