import { AppError } from '@cloudstage/protocol';
import type { MuxRoute } from '../links/mux-link.js';
import { type BucketOptions, createTokenBucket, type TokenBucket } from './token-bucket.js';

/** PURE: live routes by ufrag, and for a while the deleted ones, so that their clients can be told. */

/** What a ufrag stands for. Each entry has its own allowance of integrity computations. */
export type RouteEntry =
  | { readonly kind: 'live'; readonly route: MuxRoute; readonly pwd: string; readonly checks: TokenBucket }
  | { readonly kind: 'gone'; readonly goneAtMs: number; readonly pwd: string; readonly checks: TokenBucket };

/** Bounds of a {@link RouteTable}. */
export interface RouteTableOptions {
  readonly maxRoutes: number;
  readonly maxTombstones: number;
  readonly tombstoneMs: number;
  readonly checksPerRoute: BucketOptions;
}

/** Table of routes. */
export interface RouteTable {
  /**
   * Sets a route; setting an equal one again changes nothing.
   * @returns true when an existing route now leads elsewhere (its flows must be learned again).
   * @throws AppError `route-table-full`.
   */
  set(route: MuxRoute): boolean;
  /** Turns a route into a tombstone; an unknown one is ignored. */
  delete(ufrag: string, nowMs: number): void;
  find(ufrag: string, nowMs: number): RouteEntry | undefined;
  /** Forgets tombstones whose time is over. */
  expire(nowMs: number): void;
  ufrags(): readonly string[];
  readonly tombstones: number;
}

function sameTarget(a: MuxRoute, b: MuxRoute): boolean {
  return a.pwd === b.pwd && a.address === b.address && a.port === b.port;
}

/** Creates an empty table. */
export function createRouteTable(options: RouteTableOptions): RouteTable {
  const live = new Map<string, RouteEntry & { kind: 'live' }>();
  const gone = new Map<string, RouteEntry & { kind: 'gone' }>();
  const set = (route: MuxRoute) => {
    const known = live.get(route.ufrag);
    if (known && sameTarget(known.route, route)) return false;
    if (!known && live.size >= options.maxRoutes) {
      throw new AppError('route-table-full', `the port mux already has ${options.maxRoutes} routes`);
    }
    gone.delete(route.ufrag);
    const checks = createTokenBucket(options.checksPerRoute);
    live.set(route.ufrag, { kind: 'live', route, pwd: route.pwd, checks });
    return known !== undefined;
  };
  const remove = (ufrag: string, nowMs: number) => {
    const known = live.get(ufrag);
    if (!known) return;
    live.delete(ufrag);
    gone.set(ufrag, { kind: 'gone', goneAtMs: nowMs, pwd: known.pwd, checks: known.checks });
    const oldest = gone.keys().next();
    if (gone.size > options.maxTombstones && !oldest.done) gone.delete(oldest.value);
  };
  const isOver = (entry: { goneAtMs: number }, nowMs: number) => nowMs - entry.goneAtMs > options.tombstoneMs;
  return {
    set,
    delete: remove,
    find: (ufrag, nowMs) => {
      const entry = live.get(ufrag);
      if (entry) return entry;
      const tombstone = gone.get(ufrag);
      return tombstone && !isOver(tombstone, nowMs) ? tombstone : undefined;
    },
    expire: (nowMs) => {
      for (const [ufrag, entry] of gone) if (isOver(entry, nowMs)) gone.delete(ufrag);
    },
    ufrags: () => [...live.keys()],
    get tombstones() {
      return gone.size;
    },
  };
}
