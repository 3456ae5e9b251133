import {
  AppError,
  isAppError,
  type MediaOpener,
  type MediaTunnel,
  type NodeCommandHandlers,
  type NodeCommands,
  type NodeEvent,
  type NodeLink,
  type NodeMethod,
  type NodeResult,
  type NodeUplink,
  type OpenMediaParams,
} from '@cloudstage/protocol';
import { nodeLinkLimits } from './limits.js';

/** Both ends of a node link inside one process. */
export interface InProcessNodeLink {
  readonly link: NodeLink;
  readonly uplink: NodeUplink;
}

type EventHandler = (event: NodeEvent) => Promise<void>;
type RecordingReceiver = Parameters<NodeLink['acceptRecordings']>[0];
type ObjectOpener = (key: string) => Promise<AsyncIterable<Uint8Array>>;

/** What both ends share. */
interface Wire {
  readonly nodes: Map<string, NodeCommandHandlers>;
  readonly media: Map<string, MediaOpener>;
  /** Calls under way by node, to be cut off when an end closes. */
  readonly cutOffs: Set<() => void>;
  handler: EventHandler | null;
  openObject: ObjectOpener | null;
  storeRecording: RecordingReceiver | null;
  closed: boolean;
}

const unreachable = (nodeId: string) =>
  new AppError('node-unreachable', `node ${nodeId} is not linked to this control plane`);
const controlPlaneGone = (why: string, cause?: unknown) =>
  new AppError('control-plane-unreachable', `the report did not reach the control plane: ${why}`, { cause });

/** Runs a handler; what it throws is the node's internal trouble, which the caller gets as a refusal. */
async function serve<M extends NodeMethod>(
  handlers: NodeCommandHandlers,
  method: M,
  params: NodeCommands[M]['params'],
): Promise<NodeCommands[M]['result']> {
  const handler = handlers[method] as (params: NodeCommands[M]['params']) => Promise<NodeResult<unknown>>;
  try {
    return structuredClone(await handler(structuredClone(params))) as NodeCommands[M]['result'];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'internal', message } as NodeCommands[M]['result'];
  }
}

/** Awaits a node's work, until its deadline or the link's end. */
async function withinDeadline<T>(
  wire: Wire,
  work: Promise<T>,
  { nodeId, method, deadlineMs }: { readonly nodeId: string; readonly method: string; readonly deadlineMs: number },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let cutOff: (() => void) | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    cutOff = () => reject(unreachable(nodeId));
    wire.cutOffs.add(cutOff);
    timer = setTimeout(() => {
      reject(new AppError('deadline-exceeded', `node ${nodeId} did not answer ${method} within ${deadlineMs} ms`));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    clearTimeout(timer);
    if (cutOff !== undefined) wire.cutOffs.delete(cutOff);
  }
}

async function callNode<M extends NodeMethod>(
  wire: Wire,
  nodeId: string,
  method: M,
  params: NodeCommands[M]['params'],
  deadlineMs: number,
): Promise<NodeCommands[M]['result']> {
  const handlers = wire.nodes.get(nodeId);
  if (wire.closed || handlers === undefined) throw unreachable(nodeId);
  return withinDeadline(wire, serve(handlers, method, params), { nodeId, method, deadlineMs });
}

async function openMedia(
  wire: Wire,
  nodeId: string,
  params: OpenMediaParams,
  deadlineMs: number,
): Promise<MediaTunnel | null> {
  if (wire.closed || !wire.nodes.has(nodeId)) throw unreachable(nodeId);
  const opening = wire.media.get(nodeId)?.(structuredClone(params)) ?? Promise.resolve(null);
  let taken = false;
  // One that opens too late has nobody who would close it.
  opening.then((tunnel) => setImmediate(() => taken || tunnel?.close())).catch(() => undefined);
  const tunnel = await withinDeadline(wire, opening, { nodeId, method: 'openMedia', deadlineMs });
  taken = true;
  return tunnel;
}

async function deliver(wire: Wire, event: NodeEvent): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    if (wire.closed || wire.handler === null) throw controlPlaneGone('it is not listening');
    try {
      return await wire.handler(event);
    } catch (error) {
      if (attempt >= nodeLinkLimits.maxDeliveryAttempts) throw controlPlaneGone('it failed to commit it', error);
    }
  }
}

function createUplink(wire: Wire): NodeUplink {
  const served = new Set<string>();
  let pending = 0;
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    serve: (nodeId, handlers, openMedia) => {
      served.add(nodeId);
      wire.nodes.set(nodeId, handlers);
      if (openMedia) wire.media.set(nodeId, openMedia);
    },
    emit: (event) => {
      if (closed || wire.closed) return Promise.reject(controlPlaneGone('the link is closed'));
      if (pending >= nodeLinkLimits.maxPendingEvents) {
        return Promise.reject(controlPlaneGone('too many reports wait already'));
      }
      // A copy now: the node may change the object after the call.
      const copy = structuredClone(event);
      pending += 1;
      const delivered = queue
        .then(() => deliver(wire, copy))
        .finally(() => {
          pending -= 1;
        });
      queue = delivered.catch(() => undefined);
      return delivered;
    },
    openObject: async (key) => {
      if (wire.closed || wire.openObject === null) {
        throw new AppError('object-not-found', `there is nobody to ask for the object ${key}`);
      }
      try {
        return await wire.openObject(key);
      } catch (cause) {
        if (isAppError(cause, 'object-not-found')) throw cause;
        throw new AppError('object-not-found', `the object ${key} cannot be opened`, { cause });
      }
    },
    storeRecording: async (part, content) => {
      if (closed || wire.closed || wire.storeRecording === null) throw controlPlaneGone('it is not listening');
      try {
        return await wire.storeRecording(structuredClone(part), content);
      } catch (cause) {
        throw controlPlaneGone('it could not store a recording', cause);
      }
    },
    close: async () => {
      closed = true;
      for (const nodeId of served) {
        wire.nodes.delete(nodeId);
        wire.media.delete(nodeId);
      }
      for (const cutOff of wire.cutOffs) cutOff();
      await queue;
    },
  };
}

/**
 * Creates a node link for the all-in-one mode. Messages are copied like on a real wire, so that neither end can come to rely
 * on sharing objects with the other. Reports are delivered one at a time in the order they were emitted, each at least once.
 */
export function createInProcessNodeLink(): InProcessNodeLink {
  const wire: Wire = {
    nodes: new Map(),
    media: new Map(),
    cutOffs: new Set(),
    handler: null,
    openObject: null,
    storeRecording: null,
    closed: false,
  };
  return {
    link: {
      call: (nodeId, method, params, { deadlineMs }) => callNode(wire, nodeId, method, params, deadlineMs),
      openMedia: (nodeId, params, { deadlineMs }) => openMedia(wire, nodeId, params, deadlineMs),
      onEvent: (handler) => {
        wire.handler = handler;
      },
      serveObjects: (open) => {
        wire.openObject = open;
      },
      acceptRecordings: (store) => {
        wire.storeRecording = store;
      },
      close: async () => {
        wire.closed = true;
        for (const cutOff of wire.cutOffs) cutOff();
      },
    },
    uplink: createUplink(wire),
  };
}
