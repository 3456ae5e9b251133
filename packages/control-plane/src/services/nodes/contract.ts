import type { SessionStateName } from '../../domain/session-state.js';
import type { SlotStateName } from '../../domain/slot-state.js';

/** A render node as operators see it. Times are epoch milliseconds. */
export interface NodeSummary {
  readonly nodeId: string;
  readonly name: string;
  readonly region: string;
  /** Version of its agent. */
  readonly version: string;
  /** Types of concurrency that it serves; empty: all. */
  readonly concurrencyTypes: readonly string[];
  readonly online: boolean;
  /** Last status of the node. */
  readonly lastSeenAt: number;
  /** Null: it takes new sessions. */
  readonly drainBegunAt: number | null;
  /** Slots by state; those of a node that is offline as they were. */
  readonly slotsByState: Readonly<Record<SlotStateName, number>>;
}

/** A slot, with the session on it. */
export interface NodeSlotSummary {
  readonly slotIndex: number;
  readonly state: SlotStateName;
  /** Null: the slot is nobody's. */
  readonly session: {
    readonly sessionId: string;
    readonly accountId: string;
    /** Null: a prelaunched program that nobody has claimed. */
    readonly userId: string | null;
    readonly projectId: string;
    readonly state: SessionStateName;
    readonly createdAt: number;
  } | null;
}

/** One node with its slots in order. */
export interface NodeDetail extends NodeSummary {
  readonly bootId: string;
  readonly slots: readonly NodeSlotSummary[];
}

/** One page of nodes, by id. */
export interface NodePage {
  readonly nodes: readonly NodeSummary[];
  /** Null: this is the last page. */
  readonly nextCursor: string | null;
}

/** Render nodes, for operators. */
export interface NodeServices {
  /** Throws AppError `query-invalid`. `limit` is 1 to 200, 100 when absent. */
  listNodes(query: { readonly region?: string; readonly cursor?: string; readonly limit?: number }): Promise<NodePage>;
  /** Null: no node of this id was ever heard of. */
  findNodeDetail(nodeId: string): Promise<NodeDetail | null>;
  /**
   * Gives the node no new sessions; those on it go on to their end, prelaunched programs that nobody has claimed are ended.
   * Lasts until {@link NodeServices.resumeNode}, over restarts of the node. Throws AppError `node-not-found`.
   */
  drainNode(nodeId: string): Promise<void>;
  /** Gives the node new sessions again. Throws AppError `node-not-found`. */
  resumeNode(nodeId: string): Promise<void>;
}
