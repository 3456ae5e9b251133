import { request } from 'node:http';
import { AppError } from '@cloudstage/protocol';
import { limits } from '../limits.js';
import type { AddApplicationRequest, AddProjectRequest, AdminOperations } from './contract.js';
import { adminSocketPath, checkSocketPath } from './socket-path.js';

/**
 * The {@link AdminOperations} of the instance that uses `dataDir`. Each call opens a connection of its own.
 * Calls throw AppError: `not-running` when there is no such instance, otherwise the instance's own code and text.
 */
export function createAdminClient(dataDir: string): AdminOperations {
  const socketPath = adminSocketPath(dataDir);
  checkSocketPath(socketPath);
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const { status, text } = await exchange(socketPath, method, path, body).catch((error: unknown) => {
      throw connectError(error, dataDir);
    });
    const value: unknown = JSON.parse(text);
    if (status === 200) return value as T;
    const { code, message } = value as { code: string; message: string };
    throw new AppError(code, message);
  };
  return {
    addApplication: (input: AddApplicationRequest) => call('POST', '/applications', input),
    addProject: (input: AddProjectRequest) => call('POST', '/projects', input),
    listSessions: () => call('GET', '/sessions'),
  };
}

interface Exchange {
  readonly status: number;
  readonly text: string;
}

function exchange(socketPath: string, method: string, path: string, body: unknown): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path, headers: { 'content-type': 'application/json' }, timeout: limits.adminCallMs },
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
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
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
