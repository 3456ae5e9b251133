import { AppError } from '@cloudstage/protocol';
import type { MuxRoute } from '../links/mux-link.js';
import { agentLimits } from './limits.js';

/** Routes that the port mux must know, kept so that a restarted mux gets them all again. */
export interface RouteTable {
  /** Resolves when the mux routes checks for it. @throws AppError `too-many-routes`, `link-down`. */
  set(route: MuxRoute): Promise<void>;
  /** Never fails: a mux that cannot be told is one that restarts without the route. */
  delete(ufrag: string): void;
  readonly all: () => readonly MuxRoute[];
}

/** Parameters of {@link createRouteTable}. */
export interface RouteTableOptions {
  readonly sendSet: (route: MuxRoute) => Promise<void>;
  readonly sendDelete: (ufrag: string) => Promise<void>;
}

/** Creates an empty table. */
export function createRouteTable({ sendSet, sendDelete }: RouteTableOptions): RouteTable {
  const routes = new Map<string, MuxRoute>();
  return {
    set: async (route) => {
      if (routes.size >= agentLimits.routes && !routes.has(route.ufrag)) {
        throw new AppError('too-many-routes', `more than ${agentLimits.routes} routes on this node`);
      }
      routes.set(route.ufrag, route);
      await sendSet(route);
    },
    delete: (ufrag) => {
      if (!routes.delete(ufrag)) return;
      // A mux that is down comes up empty and gets what is in the table then.
      sendDelete(ufrag).catch(() => undefined);
    },
    all: () => [...routes.values()],
  };
}
