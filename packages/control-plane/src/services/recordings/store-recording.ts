import { createHash } from 'node:crypto';
import { AppError, type RecordingPart, type StoreRecordingOutcome } from '@cloudstage/protocol';
import { insertRecording } from '../../db/recordings.js';
import { findSession } from '../../db/sessions.js';
import { isObjectKey, type ObjectStore } from '../../storage/object-store.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';

/** Takes a part of a recording from a node: first its bytes, then its row. Idempotent. */
export type StoreRecording = (
  part: RecordingPart,
  content: AsyncIterable<Uint8Array>,
) => Promise<StoreRecordingOutcome>;

/** Passes content on, and fails at its end unless it is what the part says. */
async function* verified(content: AsyncIterable<Uint8Array>, part: RecordingPart): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    bytes += chunk.length;
    if (bytes > part.sizeBytes) break;
    yield chunk;
  }
  if (bytes === part.sizeBytes && hash.digest('hex') === part.sha256) return;
  throw new AppError('recording-damaged', 'the content of a recording is not what the node announced');
}

/** Creates the use case. */
export function createStoreRecording(deps: ServiceDeps, store: ObjectStore): StoreRecording {
  return async (part, content) => {
    const { nodeId, sessionId, startedAt, durationMs, sizeBytes, sha256 } = part;
    const key = `recordings/${sha256}`;
    const session = isObjectKey(key) ? await findSession(deps.database.executor, sessionId) : null;
    // A session that lived elsewhere is not this node's to record.
    if (session === null || session.nodeId !== nodeId) return { type: 'session-not-found' };
    // It may be there from an attempt whose answer was lost.
    if (!(await store.touch(key))) await store.put(key, verified(content, part));
    await insertRecording(deps.database.executor, {
      id: createId('rec'),
      sessionId,
      accountId: session.accountId,
      projectId: session.projectId,
      userId: session.userId,
      nodeId,
      startedAt,
      durationMs,
      sizeBytes,
      sha256,
      createdAt: deps.now(),
    });
    deps.logger.info({ sessionId, nodeId, startedAt, durationMs, sizeBytes }, 'recording stored');
    return { type: 'stored' };
  };
}
