import { createReadStream } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AppError,
  invariant,
  type NodeCommandHandlers,
  type NodeCommands,
  type NodeEvent,
  type NodeMethod,
  type NodeUplink,
} from '@cloudstage/protocol';

/** Methods of {@link file://./agent-process.ts}. */
export type TestAgentMethods = {
  command: { params: { readonly method: NodeMethod; readonly params: unknown }; result: unknown };
  close: { params: Record<string, never>; result: null };
};
export type TestAgentEvents = { report: NodeEvent };

/** A control plane's end in one process: objects from a directory, reports to a function, commands by call. */
export interface TestUplink extends NodeUplink {
  command<M extends NodeMethod>(method: M, params: NodeCommands[M]['params']): Promise<NodeCommands[M]['result']>;
}

/** Creates it. @param storeDir has `manifests/` and `blobs/`. */
export function createTestUplink(storeDir: string, onReport: (event: NodeEvent) => void): TestUplink {
  let handlers: NodeCommandHandlers | undefined;
  return {
    serve: (_nodeId, given) => {
      handlers = given;
    },
    emit: async (event) => onReport(event),
    openObject: async (key) => {
      const path = join(storeDir, key);
      await access(path).catch(() => {
        throw new AppError('object-not-found', `no object ${key}`);
      });
      return createReadStream(path);
    },
    storeRecording: async ({ sessionId, startedAt, durationMs }, content) => {
      const dir = join(storeDir, 'recordings');
      await mkdir(dir, { recursive: true });
      await writeFile(join(dir, `${sessionId}-${startedAt}-${durationMs}.mp4`), content);
      return { type: 'stored' };
    },
    close: async () => undefined,
    command: async (method, params) => {
      invariant(handlers, 'the node serves commands');
      return handlers[method](params);
    },
  };
}
