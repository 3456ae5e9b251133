import { AppError, type NodeEvent, type NodeLink } from '@cloudstage/protocol';
import { completeConfig } from '../config.js';
import { createControlPlane } from '../control-plane.js';
import { createLogger } from '../observability/logger.js';
import type { FromPlane, ToPlane } from './plane-wire.testkit.js';

/**
 * A whole control plane as a process of its own, with HTTP and sweepers. Its nodes live in the process that started it and are
 * reached over the channel between the two, as over a network. The one argument is its configuration as JSON.
 */
const [config] = process.argv.slice(2);
if (config === undefined || process.send === undefined) throw new Error('usage: fork(plane-child, [configuration])');
const tell = (message: FromPlane) => process.send?.(message);

interface Waiting {
  resolve(value: unknown): void;
  reject(error: AppError): void;
}

function createChannelLink(): NodeLink {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let handler: (event: NodeEvent) => Promise<void> = async () => undefined;
  process.on('message', (message: ToPlane) => {
    if (message.type === 'event') {
      const { id } = message;
      handler(message.event).then(
        () => tell({ type: 'handled', id, ok: true }),
        () => tell({ type: 'handled', id, ok: false }),
      );
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === 'answer') call?.resolve(message.value);
    else call?.reject(new AppError('node-unreachable', 'the node is out of reach'));
  });
  return {
    call: (nodeId, method, params, { deadlineMs }) =>
      new Promise((resolve, reject) => {
        calls += 1;
        const id = calls;
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new AppError('deadline-exceeded', `node ${nodeId} did not answer ${method}`));
        }, deadlineMs);
        const settle = <T>(use: (value: T) => void) => {
          return (value: T) => {
            clearTimeout(timer);
            use(value);
          };
        };
        waiting.set(id, { resolve: settle((value) => resolve(value as never)), reject: settle(reject) });
        tell({ type: 'call', id, nodeId, method, params });
      }),
    onEvent: (listener) => {
      handler = listener;
    },
    serveObjects: () => undefined,
    acceptRecordings: () => undefined,
    openMedia: async () => null,
    close: async () => undefined,
  };
}

const plane = await createControlPlane(completeConfig(JSON.parse(config)), {
  nodeLink: createChannelLink(),
  logger: createLogger({ level: 'error', name: 'plane' }),
});
const { url } = await plane.listen();
tell({ type: 'listening', url });
