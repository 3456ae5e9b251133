import { limits } from './limits.js';
import type { BackendAnswer } from './page-state.js';

/** The endpoints of the demo backend, seen from the page. All reject when the backend cannot be reached. */
export interface BackendClient {
  startProject(userId: string, clientSession: string, signal: AbortSignal): Promise<BackendAnswer>;
  stopProject(userId: string): Promise<void>;
  enqueue(userId: string, signal: AbortSignal): Promise<BackendAnswer>;
  dequeue(userId: string): Promise<void>;
}

/** Calls the backend that served the page; the project comes from its `demo.json`. */
export function createBackendClient(): BackendClient {
  let projectId: string | null = null;

  async function project(signal: AbortSignal): Promise<string> {
    if (projectId === null) {
      const demo = await readJson(await fetch('demo.json', { signal }));
      projectId = (demo as { readonly ProjectId: string }).ProjectId;
    }
    return projectId;
  }

  async function post(
    path: string,
    body: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<BackendAnswer> {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, RequestId: requestId() }),
      signal,
    });
    return (await readJson(response)) as BackendAnswer;
  }

  const within = (signal: AbortSignal, deadlineMs: number) => anySignal(signal, deadlineMs);
  const alone = () => anySignal(new AbortController().signal, limits.queueRequestMs);

  return {
    startProject: async (userId, clientSession, signal) => {
      const bounded = within(signal, limits.startRequestMs);
      const body = { ProjectId: await project(bounded), UserId: userId, ClientSession: clientSession };
      return post('StartProject', body, bounded);
    },
    enqueue: async (userId, signal) => {
      const bounded = within(signal, limits.queueRequestMs);
      return post('Enqueue', { ProjectId: await project(bounded), UserId: userId }, bounded);
    },
    stopProject: async (userId) => {
      await post('StopProject', { UserId: userId }, alone());
    },
    dequeue: async (userId) => {
      await post('Dequeue', { UserId: userId }, alone());
    },
  };
}

async function readJson(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

/** `AbortSignal.any` is younger than the browsers this page is for. */
function anySignal(signal: AbortSignal, deadlineMs: number): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), deadlineMs);
  const abort = () => {
    clearTimeout(timer);
    controller.abort();
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}

/** `crypto.randomUUID` exists only on HTTPS and localhost; a demo is also opened by address. */
function requestId(): string {
  return randomHex(8);
}

/** Random text of `bytes` bytes in hexadecimal. */
export function randomHex(bytes: number): string {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
