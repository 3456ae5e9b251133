import { listInUseManifests } from '../../db/applications.js';
import { listOnlineNodes } from '../../db/nodes.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';

/** Brings packages to nodes before anybody needs them. Best effort: a session fetches what is missing. */
export interface Prefetch {
  /** A node appeared: everything that is in use. */
  toNode(nodeId: string): void;
  /** A version went online: to every node. */
  toAllNodes(manifestSha256: string): void;
}

/** Creates the effect. Commands under way are not sent twice. */
export function createPrefetch(deps: ServiceDeps): Prefetch {
  const underWay = new Set<string>();
  const fetchOne = async (nodeId: string, manifestSha256: string) => {
    const key = `${nodeId}/${manifestSha256}`;
    if (underWay.has(key)) return;
    underWay.add(key);
    try {
      const result = await deps.nodeLink.call(
        nodeId,
        'package.prefetch',
        { package: { manifestSha256 } },
        { deadlineMs: serviceLimits.prefetchMs },
      );
      if (!result.ok) {
        deps.logger.warn({ nodeId, manifestSha256, code: result.code, reply: result.message }, 'prefetch was refused');
      }
    } finally {
      underWay.delete(key);
    }
  };
  return {
    toNode: (nodeId) => {
      deps.background.run('package.prefetch', async () => {
        for (const manifest of await listInUseManifests(deps.database.executor)) await fetchOne(nodeId, manifest);
      });
    },
    toAllNodes: (manifestSha256) => {
      deps.background.run('package.prefetch', async () => {
        const nodes = await listOnlineNodes(deps.database.executor);
        await Promise.all(nodes.map((node) => fetchOne(node.id, manifestSha256)));
      });
    },
  };
}
