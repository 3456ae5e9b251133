import type {
  ConnectSessionParams,
  LatencyReport,
  LatencyTotals,
  NodeCommands,
  NodeDescription,
  NodeRefusalCode,
  NodeSlotDescription,
  NodeSlotState,
  NodeUplink,
  PeerAnswer,
  PictureDescription,
  PublishParams,
  PublishState,
  RemovePeerParams,
  SessionEndReason,
} from '@cloudstage/protocol';

/** A slot of a simulated node. */
export interface SimulatedSlot {
  state: NodeSlotState;
  sessionId: string | null;
  connected: boolean;
}

/** A render node without programs: it keeps slots as the node link's contract demands, and reports every change. */
export interface NodeSimulator {
  readonly nodeId: string;
  /** Every `session.connect` that arrived. */
  readonly connects: ConnectSessionParams[];
  readonly ended: { readonly sessionId: string; readonly reason: SessionEndReason }[];
  readonly published: PublishParams[];
  readonly unpublished: string[];
  readonly removedPeers: RemovePeerParams[];
  readonly prefetched: string[];
  /** While set, `session.connect` is answered with this refusal. */
  refuse: NodeRefusalCode | null;
  /** While true, commands are never answered. */
  mute: boolean;
  /** What its sessions say of themselves, and what it has measured in all. */
  latency: LatencyReport;
  picture: PictureDescription | null;
  measured: LatencyTotals;
  /** While true, slots stay in cleaning until {@link NodeSimulator.finishCleaning}. */
  holdCleaning: boolean;
  /** Awaited between looking and answering when the node is asked what it does. */
  beforeDescribed: () => Promise<void>;
  /** Awaited before a connect is answered. */
  beforeAnswer: () => Promise<void>;
  sendStatus(): Promise<void>;
  setSlot(slotIndex: number, slot: Partial<SimulatedSlot>): Promise<void>;
  clientConnected(sessionId: string, connected: boolean): Promise<void>;
  publishState(sessionId: string, state: PublishState, message?: string): Promise<void>;
  programExited(sessionId: string, exitCode: number): Promise<void>;
  finishCleaning(): Promise<void>;
  describe(): NodeDescription;
  close(): Promise<void>;
}

const answerFor = (params: ConnectSessionParams): PeerAnswer => ({
  sdp: 'v=0\r\n',
  serverIp: '192.0.2.7',
  serverPort: 8000,
  videoMimeType: 'video/H264',
  audioMimeType: 'audio/opus',
  screenConfig: {
    width: params.stream.width,
    height: params.stream.height,
    orientation: 'landscape',
    degree: '0_degree',
  },
  mediaSocketToken: null,
});

const never = new Promise<never>(() => undefined);

function createSlots(uplink: NodeUplink, nodeId: string, options: NodeSimulatorOptions) {
  const slots: SimulatedSlot[] = Array.from({ length: options.slots ?? 2 }, (_, index) => ({
    state: options.state ?? 'idle',
    sessionId: null,
    connected: false,
    ...options.initial?.[index],
  }));
  const slotAt = (slotIndex: number): SimulatedSlot => {
    const slot = slots[slotIndex];
    if (slot === undefined) throw new Error(`the simulated node has no slot ${slotIndex}`);
    return slot;
  };
  const describeSlot = (slotIndex: number): NodeSlotDescription => ({ slotIndex, ...slotAt(slotIndex) });
  const report = (slotIndex: number) => uplink.emit({ type: 'slot.state', nodeId, slot: describeSlot(slotIndex) });
  const slotOf = (sessionId: string) => slots.findIndex((slot) => slot.sessionId === sessionId);
  return { slots, slotAt, describeSlot, report, slotOf };
}

/** What a simulated node starts with: two idle slots unless said otherwise. */
export interface NodeSimulatorOptions {
  readonly nodeId?: string;
  readonly slots?: number;
  readonly bootId?: string;
  readonly region?: string;
  readonly concurrencyTypes?: readonly string[];
  readonly state?: NodeSlotState;
  /** What the first slots do already: a node that ran on while the control plane was away. */
  readonly initial?: readonly Partial<SimulatedSlot>[];
}

/** Starts a simulated node and announces it. */
export async function startNodeSimulator(
  uplink: NodeUplink,
  options: NodeSimulatorOptions = {},
): Promise<NodeSimulator> {
  const nodeId = options.nodeId ?? 'node-1';
  const { slots, slotAt, describeSlot, report, slotOf } = createSlots(uplink, nodeId, options);
  const refused = (code: NodeRefusalCode) => ({ ok: false as const, code, message: `refused: ${code}` });

  const connect = async (params: ConnectSessionParams): Promise<NodeCommands['session.connect']['result']> => {
    node.connects.push(params);
    if (node.mute) return never;
    if (node.refuse !== null) return refused(node.refuse);
    const slot = slots[params.slotIndex];
    if (slot === undefined) return refused('slot-mismatch');
    if (slot.state === 'initializing') return refused('slot-initializing');
    if (slot.state === 'cleaning') return refused('session-ending');
    if (slot.sessionId !== null && slot.sessionId !== params.sessionId) return refused('slot-mismatch');
    const isNew = slot.state === 'idle';
    Object.assign(slot, { state: 'busy', sessionId: params.sessionId });
    if (isNew) void report(params.slotIndex).catch(() => undefined);
    await node.beforeAnswer();
    return { ok: true, value: { answer: params.peer === null ? null : answerFor(params) } };
  };
  const clean = async (slotIndex: number): Promise<void> => {
    const slot = slotAt(slotIndex);
    const { sessionId } = slot;
    Object.assign(slot, { state: 'cleaning', connected: false });
    await report(slotIndex);
    // Somebody else may have finished it meanwhile, and the next session may be there.
    if (!node.holdCleaning && slot.state === 'cleaning' && slot.sessionId === sessionId) await becomeIdle(slotIndex);
  };
  const becomeIdle = async (slotIndex: number): Promise<void> => {
    Object.assign(slotAt(slotIndex), { state: 'idle', sessionId: null });
    await report(slotIndex);
  };

  const node: NodeSimulator = {
    nodeId,
    connects: [],
    ended: [],
    published: [],
    unpublished: [],
    removedPeers: [],
    prefetched: [],
    refuse: null,
    mute: false,
    latency: {},
    picture: null,
    measured: { counts: {}, repairs: {} },
    holdCleaning: false,
    beforeDescribed: async () => undefined,
    beforeAnswer: async () => undefined,
    sendStatus: () => uplink.emit({ type: 'node.status', node: node.describe() }),
    setSlot: async (slotIndex, patch) => {
      Object.assign(slotAt(slotIndex), patch);
      await report(slotIndex);
    },
    clientConnected: async (sessionId, connected) => {
      slotAt(slotOf(sessionId)).connected = connected;
      await uplink.emit({ type: 'session.client', nodeId, sessionId, connected });
    },
    publishState: (sessionId, state, message = '') =>
      uplink.emit({ type: 'session.publish', nodeId, sessionId, state, message }),
    programExited: async (sessionId, exitCode) => {
      const slotIndex = slotOf(sessionId);
      Object.assign(slotAt(slotIndex), { state: 'cleaning', connected: false });
      await uplink.emit({ type: 'session.ended', nodeId, sessionId, reason: 'program-exit', exitCode });
      if (slotOf(sessionId) === slotIndex) await clean(slotIndex);
    },
    finishCleaning: async () => {
      for (const [slotIndex, slot] of slots.entries()) if (slot.state === 'cleaning') await becomeIdle(slotIndex);
    },
    describe: () => ({
      nodeId,
      bootId: options.bootId ?? 'boot-1',
      name: 'simulated',
      region: options.region ?? 'local',
      version: '0.0.0',
      concurrencyTypes: options.concurrencyTypes ?? [],
      slots: slots.map((_slot, slotIndex) => describeSlot(slotIndex)),
    }),
    close: () => uplink.close(),
  };
  uplink.serve(nodeId, {
    'session.connect': connect,
    'session.end': async ({ sessionId, reason }) => {
      if (node.mute) return never;
      node.ended.push({ sessionId, reason });
      const slotIndex = slotOf(sessionId);
      if (slotIndex >= 0 && slotAt(slotIndex).state === 'busy') void clean(slotIndex).catch(() => undefined);
      return { ok: true, value: {} };
    },
    'stream.publish': async (params) => {
      if (node.mute) return never;
      if (node.refuse !== null) return refused(node.refuse);
      if (slots[params.slotIndex]?.sessionId !== params.sessionId) return refused('slot-mismatch');
      node.published.push(params);
      return { ok: true, value: {} };
    },
    'stream.unpublish': async (params) => {
      if (node.mute) return never;
      node.unpublished.push(params.sessionId);
      return { ok: true, value: {} };
    },
    'peer.remove': async (params) => {
      if (node.mute) return never;
      node.removedPeers.push(params);
      return { ok: true, value: {} };
    },
    'session.describe': async (params) => {
      if (node.mute) return never;
      if (slots[params.slotIndex]?.sessionId !== params.sessionId) return refused('slot-mismatch');
      return { ok: true, value: { picture: node.picture, latency: node.latency, peers: [] } };
    },
    'node.statistics': async () => {
      if (node.mute) return never;
      return { ok: true, value: { latency: node.measured } };
    },
    'package.prefetch': async (params) => {
      node.prefetched.push(params.package.manifestSha256);
      return { ok: true, value: {} };
    },
    'node.describe': async () => {
      if (node.mute) return never;
      const value = node.describe();
      await node.beforeDescribed();
      return { ok: true, value };
    },
  });
  await node.sendStatus();
  return node;
}
