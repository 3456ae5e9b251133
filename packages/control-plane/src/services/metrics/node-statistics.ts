import type { NodeStatistics } from '@cloudstage/protocol';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import type { NodeServices } from '../nodes/contract.js';

/** What one node has measured since its agent's start. */
export interface NodeMeasurements {
  readonly nodeId: string;
  readonly statistics: NodeStatistics;
}

/** Asks the nodes that are online, at most `serviceLimits.statisticsNodes`. One that does not answer in time is left out. */
export type ReadNodeStatistics = () => Promise<readonly NodeMeasurements[]>;

/** Creates the use case. */
export function createReadNodeStatistics(
  deps: Pick<ServiceDeps, 'nodeLink'>,
  listNodes: NodeServices['listNodes'],
): ReadNodeStatistics {
  const ask = async (nodeId: string): Promise<NodeMeasurements | null> => {
    try {
      const options = { deadlineMs: serviceLimits.statisticsMs };
      const answer = await deps.nodeLink.call(nodeId, 'node.statistics', {}, options);
      return answer.ok ? { nodeId, statistics: answer.value } : null;
    } catch {
      // A node that is away has no numbers; that it is away is another metric's news.
      return null;
    }
  };
  return async () => {
    const { nodes } = await listNodes({ limit: serviceLimits.statisticsNodes });
    const answers = await Promise.all(nodes.filter(({ online }) => online).map(({ nodeId }) => ask(nodeId)));
    return answers.filter((answer) => answer !== null);
  };
}
