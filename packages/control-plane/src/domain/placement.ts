import { domainLimits } from './limits.js';

/** Slots of one online node, counted. */
export interface NodeCapacity {
  readonly nodeId: string;
  readonly idle: number;
  readonly initializing: number;
  /** Reserved, busy or cleaning. */
  readonly used: number;
}

/** Where to look for a slot, or why there is none. */
export type PlacementDecision =
  /** Candidates in the order of preference; the database decides which slot is really free. */
  | { readonly type: 'candidates'; readonly nodeIds: readonly string[] }
  /** Slots are being prepared and nobody uses any: a retry soon succeeds. */
  | { readonly type: 'initializing' }
  | { readonly type: 'no-idle' };

/** Ranks nodes: most idle slots first, so that load spreads over machines; ties by id, so that the order is stable. */
export function decidePlacement(nodes: readonly NodeCapacity[]): PlacementDecision {
  const candidates = nodes
    .filter((node) => node.idle > 0)
    .sort((a, b) => b.idle - a.idle || (a.nodeId < b.nodeId ? -1 : 1))
    .slice(0, domainLimits.maxCandidateNodes)
    .map((node) => node.nodeId);
  if (candidates.length > 0) return { type: 'candidates', nodeIds: candidates };
  const initializing = nodes.some((node) => node.initializing > 0);
  const used = nodes.some((node) => node.used > 0);
  return initializing && !used ? { type: 'initializing' } : { type: 'no-idle' };
}
