import { request } from 'node:http';
import { AppError } from '@cloudstage/protocol';
import { limits } from '../limits.js';
import type { AdminClient, AdminInput, AdminOperationName, AdminOutput } from './contract.js';
import { adminSocketPath, checkSocketPath } from './socket-path.js';

/** The operations of the instance that uses `dataDir`. Each call opens a connection of its own. */
export function createAdminClient(dataDir: string): AdminClient {
  const socketPath = adminSocketPath(dataDir);
  checkSocketPath(socketPath);
  return {
    call: async <N extends AdminOperationName>(name: N, input: AdminInput<N>): Promise<AdminOutput<N>> => {
      const { status, text } = await exchange(socketPath, name, input).catch((error: unknown) => {
        throw connectError(error, dataDir);
      });
      const value: unknown = JSON.parse(text);
      // Both ends are one program: the instance is told from one of another version by its refusal.
      if (status === 200) return value as AdminOutput<N>;
      const { code, message } = value as { code: string; message: string };
      throw new AppError(code, message);
    },
  };
}

interface Exchange {
  readonly status: number;
  readonly text: string;
}

function exchange(socketPath: string, operation: string, body: unknown): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        method: 'POST',
        path: `/${operation}`,
        headers: { 'content-type': 'application/json' },
        timeout: limits.adminCallMs,
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (part: string) => {
          text += part;
          if (text.length > limits.adminAnswerBytes) incoming.destroy(new Error('the answer is too large'));
        });
        incoming.once('error', reject);
        incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      },
    );
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
