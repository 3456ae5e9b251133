import { type InUsePackage, listInUsePackages } from '../../db/application-versions.js';
import { findNode, listOnlineNodes } from '../../db/nodes.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';

/** Brings packages to nodes before anybody needs them. Best effort: a session fetches what is missing. */
export interface Prefetch {
  /** A node appeared: everything that is in use in its region. */
  toNode(nodeId: string): void;
  /** A version went online: to every node of its regions. */
  toAllNodes(version: InUsePackage): void;
}

/**
 * Whether a node should have a package at hand: it is in one of the package's regions. Regions that no node is in say nothing
 * about this installation, so they count as all. PURE.
 */
export function isDistributedTo(region: string, wanted: readonly string[], present: readonly string[]): boolean {
  return wanted.includes(region) || !wanted.some((candidate) => present.includes(candidate));
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
        const { executor } = deps.database;
        const node = await findNode(executor, nodeId);
        const present = (await listOnlineNodes(executor)).map(({ region }) => region);
        for (const { manifestSha256, regions } of await listInUsePackages(executor)) {
          if (isDistributedTo(node?.region ?? '', regions, present)) await fetchOne(nodeId, manifestSha256);
        }
      });
    },
    toAllNodes: ({ manifestSha256, regions }) => {
      deps.background.run('package.prefetch', async () => {
        const nodes = await listOnlineNodes(deps.database.executor);
        const present = nodes.map(({ region }) => region);
        const chosen = nodes.filter(({ region }) => isDistributedTo(region, regions, present));
        await Promise.all(chosen.map((node) => fetchOne(node.id, manifestSha256)));
      });
    },
  };
}
