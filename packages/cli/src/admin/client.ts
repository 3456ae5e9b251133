import { type IncomingMessage, request } from 'node:http';
import { AppError } from '@cloudstage/protocol';
import { limits } from '../limits.js';
import type {
  AdminClient,
  AdminInput,
  AdminOperationName,
  AdminOutput,
  AdminStreamInput,
  AdminStreamName,
} from './contract.js';
import { adminSocketPath, checkSocketPath } from './socket-path.js';
import { decodeLines } from './stream-lines.js';

/** The operations of the instance that uses `dataDir`. Each call opens a connection of its own. */
export function createAdminClient(dataDir: string): AdminClient {
  const socketPath = adminSocketPath(dataDir);
  checkSocketPath(socketPath);
  const ask = async (name: string, input: unknown): Promise<IncomingMessage> => {
    const incoming = await send(socketPath, name, input).catch((error: unknown) => {
      throw connectError(error, dataDir);
    });
    incoming.setEncoding('utf8');
    // Both ends are one program: the instance is told from one of another version by its refusal.
    if (incoming.statusCode === 200) return incoming;
    const { code, message } = JSON.parse(await readText(incoming, dataDir)) as { code: string; message: string };
    throw new AppError(code, message);
  };
  return {
    call: async <N extends AdminOperationName>(name: N, input: AdminInput<N>): Promise<AdminOutput<N>> =>
      JSON.parse(await readText(await ask(name, input), dataDir)),
    stream: async function* <N extends AdminStreamName>(name: N, input: AdminStreamInput<N>) {
      yield* decodeLines(await ask(name, input));
    },
  };
}

async function readText(incoming: IncomingMessage, dataDir: string): Promise<string> {
  let text = '';
  try {
    for await (const part of incoming) {
      text += part;
      if (text.length > limits.adminAnswerBytes) throw new Error('the answer is too large');
    }
  } catch (error) {
    throw connectError(error, dataDir);
  }
  return text;
}

function send(socketPath: string, operation: string, body: unknown): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const options = { socketPath, method: 'POST', path: `/${operation}`, headers, timeout: limits.adminCallMs };
    const outgoing = request(options, resolve);
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}

function connectError(error: unknown, dataDir: string): AppError {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new AppError(
      'not-running',
      `No Cloudstage is running on ${dataDir}. Start it with "npm start", or name its data directory by CLOUDSTAGE_DATA_DIR or --config.`,
      { cause: error },
    );
  }
  if (code === 'EACCES') {
    return new AppError('not-running', `${adminSocketPath(dataDir)} belongs to another user; run this as that user.`, {
      cause: error,
    });
  }
  return new AppError('admin-failed', `The running instance did not answer: ${String(error)}`, { cause: error });
}
