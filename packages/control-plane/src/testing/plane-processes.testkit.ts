import { type ChildProcess, fork } from 'node:child_process';
import {
  AppError,
  type NodeCommandHandlers,
  type NodeEvent,
  type NodeMethod,
  type NodeUplink,
} from '@cloudstage/protocol';
import type { FromPlane, ToPlane } from './plane-wire.testkit.js';

/** A control plane that runs as a process of its own. */
export interface PlaneProcess {
  readonly url: string;
  isAlive(): boolean;
  /** Kill −9; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Several control planes, and the network that joins them with the nodes of the test. */
export interface PlaneNetwork {
  readonly uplink: NodeUplink;
  start(config: Readonly<Record<string, unknown>>): Promise<PlaneProcess>;
  /** Resolves when all reports so far have been committed by some control plane. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface Member {
  readonly child: ChildProcess;
  readonly gone: Promise<unknown>;
  /** Reports that were sent and not yet answered. */
  readonly sent: Map<number, (ok: boolean) => void>;
  alive: boolean;
}

type Handler = (params: unknown) => Promise<unknown>;

async function answer(nodes: ReadonlyMap<string, NodeCommandHandlers>, call: FromPlane & { readonly type: 'call' }) {
  const handlers = nodes.get(call.nodeId);
  if (handlers === undefined) return { type: 'unreachable', id: call.id } as const;
  const value = await (handlers[call.method as NodeMethod] as Handler)(call.params);
  return { type: 'answer', id: call.id, value } as const;
}

function startMember(script: string, config: object, nodes: ReadonlyMap<string, NodeCommandHandlers>) {
  const child = fork(script, [JSON.stringify(config)], { execArgv: [], serialization: 'advanced' });
  const member: Member = {
    child,
    gone: new Promise((resolve) => child.once('exit', resolve)),
    sent: new Map(),
    alive: true,
  };
  const send = (message: ToPlane) => {
    // A process that has just died takes no more messages; its exit tells the rest.
    if (child.connected) child.send(message, () => undefined);
  };
  child.once('exit', () => {
    member.alive = false;
    for (const resolve of member.sent.values()) resolve(false);
  });
  const listening = new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a control plane ended with ${code}`)));
    child.on('message', (message: FromPlane) => {
      if (message.type === 'listening') resolve(message.url);
      if (message.type === 'call') void answer(nodes, message).then(send);
      if (message.type !== 'handled') return;
      member.sent.get(message.id)?.(message.ok);
      member.sent.delete(message.id);
    });
  });
  return { member, listening, send };
}

/** Times that a report is offered until somebody commits it: more than processes that are killed. */
const maxDeliveries = 20;

/** Creates a network without control planes. `script` is the bundled `plane-child`. */
export function createPlaneNetwork(script: string): PlaneNetwork {
  const nodes = new Map<string, NodeCommandHandlers>();
  const members: { readonly member: Member; readonly send: (message: ToPlane) => void }[] = [];
  const queues = new Map<string, Promise<void>>();
  let events = 0;
  let turn = 0;
  const offer = async (event: NodeEvent): Promise<boolean> => {
    const alive = members.filter(({ member }) => member.alive);
    // Any of them may get it: what they know is in the database.
    turn += 1;
    const chosen = alive[turn % alive.length];
    if (chosen === undefined) throw new AppError('control-plane-unreachable', 'no control plane is left');
    events += 1;
    const id = events;
    return new Promise((resolve) => {
      chosen.member.sent.set(id, resolve);
      chosen.send({ type: 'event', id, event });
    });
  };
  // In the order of the node, each until some control plane has committed it.
  const deliver = (nodeId: string, event: NodeEvent): Promise<void> => {
    const copy = structuredClone(event);
    const delivered = (queues.get(nodeId) ?? Promise.resolve()).then(async () => {
      for (let attempt = 1; !(await offer(copy)); attempt += 1) {
        if (attempt >= maxDeliveries) throw new AppError('control-plane-unreachable', 'nobody commits the report');
      }
    });
    queues.set(
      nodeId,
      delivered.catch(() => undefined),
    );
    return delivered;
  };
  return {
    uplink: {
      serve: (nodeId, handlers) => void nodes.set(nodeId, handlers),
      emit: (event) => deliver(event.type === 'node.status' ? event.node.nodeId : event.nodeId, event),
      openObject: () => Promise.reject(new AppError('object-not-found', 'simulated nodes fetch nothing')),
      storeRecording: () => Promise.reject(new AppError('control-plane-unreachable', 'simulated nodes record nothing')),
      close: async () => undefined,
    },
    start: async (config) => {
      const { member, listening, send } = startMember(script, config, nodes);
      const url = await listening;
      members.push({ member, send });
      return {
        url,
        isAlive: () => member.alive,
        kill: async () => {
          member.child.kill('SIGKILL');
          await member.gone;
        },
      };
    },
    settled: async () => {
      await Promise.all(queues.values());
    },
    close: async () => {
      await Promise.all([...queues.values()]);
      for (const { member } of members) member.child.kill('SIGKILL');
      await Promise.all(members.map(({ member }) => member.gone));
    },
  };
}
