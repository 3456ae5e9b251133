import { existsSync } from 'node:fs';
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
const uplink = createTestUplink(argument.storeDir, (event) => server?.emit('report', event));
const node = await createRenderNode(parseRenderNodeConfig(argument.config), {
  uplink,
  logger: pino({ level: existsSync('/tmp/cloudstage-test-verbose') ? 'debug' : 'warn' }, pino.destination(2)),
});
await node.start();
server = await serveRpc<TestAgentMethods, TestAgentEvents>(argument.socketPath, {
  command: ({ method, params }) => uplink.command(method, params as never),
  close: async () => {
    await node.close();
    return null;
  },
});
