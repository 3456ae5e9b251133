import { AppError } from '@cloudstage/protocol';
import { pino } from 'pino';
import { createRenderNode, parseRenderNodeConfig } from '../../index.js';
import { type RpcServer, serveRpc } from '../../links/rpc.js';
import { createTestUplink, type TestAgentEvents, type TestAgentMethods } from './test-uplink.js';

/** An agent as a process of its own, so that a test can kill it: commands and reports travel over a socket. */
interface AgentProcessArgument {
  readonly config: unknown;
  readonly storeDir: string;
  readonly socketPath: string;
}

const argument = JSON.parse(process.argv[2] ?? '{}') as AgentProcessArgument;
let server: RpcServer<TestAgentEvents> | undefined;
let connected = false;
const uplink = createTestUplink(argument.storeDir, (event) => {
  // Until the test listens the control plane is unreachable: reports must wait.
  if (!connected) throw new AppError('control-plane-unreachable', 'nobody listens yet');
  server?.emit('report', event);
});
const node = await createRenderNode(parseRenderNodeConfig(argument.config), {
  uplink,
  logger: pino({ level: process.env.CLOUDSTAGE_TEST_LOG ?? 'error' }, pino.destination(2)),
});
await node.start();
server = await serveRpc<TestAgentMethods, TestAgentEvents>(
  argument.socketPath,
  {
    command: ({ method, params }) => uplink.command(method, params as never),
    close: async () => {
      await node.close();
      return null;
    },
  },
  () => {
    connected = true;
  },
);
