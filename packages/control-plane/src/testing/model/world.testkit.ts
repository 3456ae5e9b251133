import { AppError, type NodeLink, type NodeUplink } from '@cloudstage/protocol';
import type { Database } from '../../db/open.js';
import type { ServiceSettings } from '../../services/deps.js';
import { resumeSessions } from '../../services/sessions/resume.js';
import { createHarness, type Harness } from '../harness.testkit.js';
import { type NodeSimulator, type SimulatedSlot, startNodeSimulator } from '../node-simulator.testkit.js';

/** A node of the world: it lives on when the control plane does not, and may be out of reach. */
interface WorldNode {
  simulator: NodeSimulator;
  lost: boolean;
  boots: number;
}

/** A control plane over a database with nodes, all of which may go and come back. */
export interface ModelWorld {
  /** Use cases of the control plane that runs now. */
  h(): Harness;
  node(nodeId: string): NodeSimulator;
  isLost(nodeId: string): boolean;
  /** The node can neither be commanded nor heard. */
  lose(nodeId: string): void;
  comeBack(nodeId: string): Promise<void>;
  /** The node's agent and everything on it start anew. */
  reboot(nodeId: string): Promise<void>;
  /** The control plane is replaced by another one on the same database. */
  restart(): Promise<void>;
  /** Lets everything happen that happens by itself at this moment of the clock. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Creates the world on an empty database. */
export async function createModelWorld(
  database: Database,
  options: {
    readonly nodeIds: readonly string[];
    readonly slots: number;
    readonly settings?: Partial<ServiceSettings>;
  },
): Promise<ModelWorld> {
  const nodes = new Map<string, WorldNode>();
  const isLost = (nodeId: string) => nodes.get(nodeId)?.lost === true;
  const wrapLink = (link: NodeLink): NodeLink => ({
    ...link,
    call: async (nodeId, method, params, callOptions) => {
      if (isLost(nodeId)) throw new AppError('node-unreachable', `node ${nodeId} is out of reach`);
      return link.call(nodeId, method, params, callOptions);
    },
  });
  const uplinkOf = (nodeId: string): NodeUplink => ({
    ...h.uplink,
    emit: async (event) => {
      // A report that is lost is one that nobody heard: the node's next status tells.
      if (!isLost(nodeId)) await h.uplink.emit(event);
    },
  });
  const startNode = (nodeId: string, boots: number, initial: readonly SimulatedSlot[]) =>
    startNodeSimulator(uplinkOf(nodeId), { nodeId, bootId: `boot-${boots}`, slots: options.slots, initial });
  const node = (nodeId: string): WorldNode => {
    const found = nodes.get(nodeId);
    if (found === undefined) throw new Error(`the world has no node ${nodeId}`);
    return found;
  };

  const { settings = {} } = options;
  let h = await createHarness(database, { wrapLink, settings });
  for (const nodeId of options.nodeIds) {
    nodes.set(nodeId, { simulator: await startNode(nodeId, 1, []), lost: false, boots: 1 });
  }
  const settle = async () => {
    // Twice: what the first round reports may cause commands, and these further reports.
    for (let round = 0; round < 2; round += 1) {
      for (const [, { simulator, lost }] of nodes) {
        if (lost) continue;
        await simulator.finishCleaning();
        await simulator.sendStatus();
      }
      await h.settled();
      await h.services.sweep();
      await h.settled();
      // Reports arrive in order: when this one is through, all are.
      await h.uplink.emit({ type: 'session.client', nodeId: '', sessionId: '', connected: false });
    }
  };
  return {
    h: () => h,
    node: (nodeId) => node(nodeId).simulator,
    isLost,
    lose: (nodeId) => {
      node(nodeId).lost = true;
    },
    comeBack: async (nodeId) => {
      node(nodeId).lost = false;
      await node(nodeId).simulator.sendStatus();
    },
    reboot: async (nodeId) => {
      const entry = node(nodeId);
      entry.boots += 1;
      entry.simulator = await startNode(nodeId, entry.boots, []);
    },
    restart: async () => {
      const startAt = h.now();
      await h.stop();
      h = await createHarness(database, { startAt, wrapLink, settings });
      await resumeSessions(h.deps);
      for (const [nodeId, entry] of nodes) {
        const initial = entry.simulator.describe().slots.map(({ slotIndex: _index, ...slot }) => slot);
        entry.simulator = await startNode(nodeId, entry.boots, initial);
      }
    },
    settle,
    stop: () => h.stop(),
  };
}
