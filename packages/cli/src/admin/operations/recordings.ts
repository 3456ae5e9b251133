import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ControlPlaneAdmin } from '@cloudstage/control-plane';
import { AppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { defineOperation } from '../operation.js';
import { idField, inputObject, pathField } from './fields.js';

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Writes a recording to a new file that only its owner can read; all of it or nothing. */
async function save(admin: ControlPlaneAdmin, recordingId: string, path: string) {
  const { recording, content } = await admin.openRecording(recordingId);
  try {
    await pipeline(Readable.from(content), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      throw new AppError('file-exists', `${path} exists already: name another file`, { cause: error });
    }
    await rm(path, { force: true });
    throw new AppError('file-unwritable', `the instance cannot write ${path}`, { cause: error });
  }
  return { ...recording, path };
}

/** Recordings of sessions. */
export const recordingOperations = {
  'recording.set': defineOperation({
    input: inputObject({ projectId: idField(), isRecorded: Type.Boolean() }),
    run: async (admin, input) => {
      await admin.setProjectRecording(input);
      return input;
    },
  }),
  'recording.list': defineOperation({
    input: inputObject({
      sessionId: Type.Optional(idField()),
      projectId: Type.Optional(idField()),
      /** Epoch milliseconds. */
      before: Type.Optional(Type.Integer()),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
    }),
    run: (admin, { sessionId, projectId, before, limit }) =>
      admin.listRecordings({
        sessionId: sessionId ?? null,
        projectId: projectId ?? null,
        before: before ?? null,
        limit: limit ?? 100,
      }),
  }),
  'recording.save': defineOperation({
    input: inputObject({
      recordingId: idField(),
      /** Absolute path on this machine; nothing must be there. */
      path: pathField(),
    }),
    run: (admin, { recordingId, path }) => save(admin, recordingId, path),
  }),
  'recording.delete': defineOperation({
    input: inputObject({ recordingId: idField() }),
    run: async (admin, { recordingId }) => {
      await admin.deleteRecording(recordingId);
      return { recordingId };
    },
  }),
} as const;
