import { createHash } from 'node:crypto';
import type { RecordingPart } from '@cloudstage/protocol';
import { isAppError } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { findLiveRecordings } from '../../db/recordings.js';
import { chunks, readAll, type TestStore, testStores } from '../../storage/stores.testkit.js';
import {
  applyInput,
  createHarness,
  createInput,
  type Harness,
  openTestDatabase,
  resetDatabase,
} from '../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../testing/node-simulator.testkit.js';

let database: Database;
let harness: Harness;
let node: NodeSimulator;
let files: TestStore;
const all = { sessionId: null, projectId: null, before: null, limit: 10 };

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  files = await testStores[0][1]();
  harness = await createHarness(database, { store: files.store });
  node = await startNodeSimulator(harness.uplink);
});
afterEach(async () => {
  await harness.stop();
  await files.close();
});

async function runSession(userId = 'alice'): Promise<string> {
  const applied = await harness.services.applyConcurrent(harness.caller, applyInput(harness, userId));
  if (applied.type !== 'reserved') throw new Error(applied.type);
  const created = await harness.services.createSession(harness.caller, createInput(userId));
  if (created.type !== 'created') throw new Error(created.type);
  return created.sessionId;
}

const part = (sessionId: string, text: string, extra: Partial<RecordingPart> = {}): RecordingPart => ({
  nodeId: node.nodeId,
  sessionId,
  startedAt: harness.now(),
  durationMs: 1_000,
  sizeBytes: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
  ...extra,
});
const store = (sessionId: string, text: string, extra: Partial<RecordingPart> = {}) =>
  harness.services.storeRecording(part(sessionId, text, extra), chunks(text));

describe('recordings', () => {
  it('are stored once however often they come, listed, and read', async () => {
    const sessionId = await runSession();
    expect(await store(sessionId, 'part one')).toEqual({ type: 'stored' });
    expect(await store(sessionId, 'part one')).toEqual({ type: 'stored' });
    harness.advance(60_000);
    await store(sessionId, 'part two', { durationMs: null });
    const found = await harness.services.listRecordings(all);
    expect(
      found.map(({ durationMs, sizeBytes, userId, projectId }) => [durationMs, sizeBytes, userId, projectId]),
    ).toEqual([
      [null, 8, 'alice', harness.projectId],
      [1_000, 8, 'alice', harness.projectId],
    ]);
    const { content } = await harness.services.openRecording(found[1]?.id ?? '');
    expect((await readAll(content)).toString()).toBe('part one');
    expect(await harness.services.listRecordings({ ...all, sessionId: 'ses-other' })).toEqual([]);
    expect(await harness.services.listRecordings({ ...all, before: found[0]?.startedAt ?? 0 })).toEqual([found[1]]);
  });

  it('are refused from a node that did not run the session, and when they are not what was announced', async () => {
    const sessionId = await runSession();
    expect(await store(sessionId, 'text', { nodeId: 'another' })).toEqual({ type: 'session-not-found' });
    expect(await store('ses-unknown', 'text')).toEqual({ type: 'session-not-found' });
    expect(await store(sessionId, 'text', { sha256: '../../evil' })).toEqual({ type: 'session-not-found' });
    for (const wrong of [{ sha256: 'ab'.repeat(32) }, { sizeBytes: 3 }, { sizeBytes: 5 }]) {
      await expect(store(sessionId, 'text', wrong)).rejects.toSatisfy((error) =>
        isAppError(error, 'recording-damaged'),
      );
    }
    expect(await harness.services.listRecordings(all)).toEqual([]);
  });

  it('are made of the sessions of projects that say so, from the next one on', async () => {
    const { projectId } = harness;
    const first = await runSession('first');
    await harness.services.setProjectRecording({ projectId, isRecorded: true });
    const second = await runSession('second');
    const isRecorded = (id: string) => node.connects.find(({ sessionId }) => sessionId === id)?.stream.isRecorded;
    expect([isRecorded(first), isRecorded(second)]).toEqual([false, true]);
    await expect(harness.services.setProjectRecording({ projectId: 'cap-none', isRecorded: true })).rejects.toSatisfy(
      (error) => isAppError(error, 'project-not-found'),
    );
  });

  it('go when they are deleted or old, and their content is then free to be swept', async () => {
    const sessionId = await runSession();
    await store(sessionId, 'old');
    const { sha256 } = part(sessionId, 'old');
    harness.advance(20 * 86_400_000);
    await store(sessionId, 'young');
    harness.advance(11 * 86_400_000);
    await harness.services.sweep();
    const [left, ...others] = await harness.services.listRecordings(all);
    expect([left?.sizeBytes, others]).toEqual([5, []]);
    expect(await findLiveRecordings(database.executor, [sha256])).toEqual([]);
    await harness.services.deleteRecording(left?.id ?? '');
    expect(await harness.services.listRecordings(all)).toEqual([]);
    await expect(harness.services.deleteRecording(left?.id ?? '')).rejects.toSatisfy((error) =>
      isAppError(error, 'recording-not-found'),
    );
    await expect(harness.services.openRecording('rec-none')).rejects.toSatisfy((error) =>
      isAppError(error, 'recording-not-found'),
    );
  });
});
