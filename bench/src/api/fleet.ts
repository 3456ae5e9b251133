import {
  AppError,
  type ConnectSessionParams,
  type NodeCommands,
  type NodeDescription,
  type NodeEvent,
  type NodeLink,
  type NodeMethod,
  type NodeSlotDescription,
  type PeerAnswer,
} from '@cloudstage/protocol';
import { apiBenchLimits } from './limits.js';

/** Many render nodes without programs, and the control plane's end of the link to all of them. */
export interface Fleet {
  readonly link: NodeLink;
  /** Announces every node. */
  announce(): Promise<void>;
  /** Resolves when all reports have been delivered. */
  settled(): Promise<void>;
}

interface FleetNode {
  readonly description: NodeDescription;
  readonly slots: NodeSlotDescription[];
  /** Reports of one node arrive in order; those of different nodes do not wait for each other. */
  queue: Promise<unknown>;
}

const answer: PeerAnswer = {
  sdp: 'v=0\r\n',
  serverIp: '192.0.2.7',
  serverPort: 8000,
  videoMimeType: 'video/H264',
  audioMimeType: 'audio/opus',
  screenConfig: { width: 1280, height: 720, orientation: 'landscape', degree: '0_degree' },
  mediaSocketToken: null,
};

function createNode(index: number): FleetNode {
  const slots: NodeSlotDescription[] = Array.from({ length: apiBenchLimits.slotsPerNode }, (_, slotIndex) => ({
    slotIndex,
    state: 'idle',
    sessionId: null,
    connected: false,
  }));
  const nodeId = `node-${String(index).padStart(6, '0')}`;
  const description = {
    nodeId,
    bootId: 'boot',
    name: nodeId,
    region: 'local',
    version: '0.0.0',
    concurrencyTypes: [],
    slots,
  };
  return { description, slots, queue: Promise.resolve() };
}

/** Creates nodes that answer commands at once, keep slots as the node link's contract demands, and report every change. */
export function createFleet(count: number): Fleet {
  const nodes = new Map(
    Array.from({ length: count }, (_, index) => {
      const node = createNode(index);
      return [node.description.nodeId, node] as const;
    }),
  );
  let handler: (event: NodeEvent) => Promise<void> = () =>
    Promise.reject(new AppError('control-plane-unreachable', 'nobody listens to the nodes'));
  const emit = (node: FleetNode, event: NodeEvent) => {
    node.queue = node.queue.then(() => handler(event));
    return node.queue;
  };
  const change = (node: FleetNode, slotIndex: number, patch: Partial<NodeSlotDescription>) => {
    const before = node.slots[slotIndex];
    if (before === undefined) throw new AppError('slot-mismatch', `there is no slot ${slotIndex}`);
    const slot = { ...before, ...patch };
    node.slots[slotIndex] = slot;
    void emit(node, { type: 'slot.state', nodeId: node.description.nodeId, slot });
  };
  const connect = (node: FleetNode, params: ConnectSessionParams) => {
    change(node, params.slotIndex, { state: 'busy', sessionId: params.sessionId, connected: params.peer !== null });
    return { ok: true, value: { answer: params.peer === null ? null : answer } } as const;
  };
  const end = (node: FleetNode, params: NodeCommands['session.end']['params']) => {
    change(node, params.slotIndex, { state: 'cleaning', connected: false });
    change(node, params.slotIndex, { state: 'idle', sessionId: null });
    return { ok: true, value: {} } as const;
  };
  const serve = (node: FleetNode, method: NodeMethod, params: unknown) => {
    if (method === 'session.connect') return connect(node, params as ConnectSessionParams);
    if (method === 'session.end') return end(node, params as NodeCommands['session.end']['params']);
    if (method === 'node.describe') return { ok: true, value: node.description };
    return { ok: true, value: {} };
  };
  return {
    link: {
      call: async (nodeId, method, params) => {
        const node = nodes.get(nodeId);
        if (node === undefined) throw new AppError('node-unreachable', `there is no node ${nodeId}`);
        return serve(node, method, params) as NodeCommands[typeof method]['result'];
      },
      onEvent: (listener) => {
        handler = listener;
      },
      serveObjects: () => undefined,
      acceptRecordings: () => undefined,
      openMedia: async () => null,
      close: async () => undefined,
    },
    announce: async () => {
      const waiting = [...nodes.values()];
      const next = async (): Promise<void> => {
        for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
          await emit(node, { type: 'node.status', node: node.description });
        }
      };
      await Promise.all(Array.from({ length: apiBenchLimits.registering }, next));
    },
    settled: async () => {
      await Promise.all([...nodes.values()].map((node) => node.queue));
    },
  };
}
