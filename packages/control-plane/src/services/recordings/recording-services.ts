import { AppError } from '@cloudstage/protocol';
import { deleteRecordingRow, findRecordingRow, listRecordingRows, setProjectRecorded } from '../../db/recordings.js';
import type { RecordingRow } from '../../db/schema/recordings.js';
import type { ObjectStore } from '../../storage/object-store.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import type { Recording, RecordingServices } from './contract.js';
import { createStoreRecording, type StoreRecording } from './store-recording.js';

/** Recordings as operators and nodes use them. */
export interface AllRecordingServices extends RecordingServices {
  readonly storeRecording: StoreRecording;
}

const shown = ({ sha256: _sha256, ...recording }: RecordingRow): Recording => recording;
const notFound = (recordingId: string) =>
  new AppError('recording-not-found', `there is no recording ${recordingId}; "cloudstage recordings list" shows all`);

/** Creates the use cases about recordings. */
export function createRecordingServices(deps: ServiceDeps, store: ObjectStore): AllRecordingServices {
  const { executor } = deps.database;
  return {
    storeRecording: createStoreRecording(deps, store),
    setProjectRecording: async ({ projectId, isRecorded }) => {
      if (await setProjectRecorded(executor, projectId, isRecorded)) return;
      throw new AppError('project-not-found', `there is no project ${projectId}`);
    },
    listRecordings: async (query) => {
      const limit = Math.min(serviceLimits.maxListedRecordings, Math.max(1, query.limit));
      return (await listRecordingRows(executor, { ...query, limit })).map(shown);
    },
    openRecording: async (recordingId) => {
      const row = await findRecordingRow(executor, recordingId);
      if (row === null) throw notFound(recordingId);
      return { recording: shown(row), content: await store.open(`recordings/${row.sha256}`) };
    },
    deleteRecording: async (recordingId) => {
      if (!(await deleteRecordingRow(executor, recordingId))) throw notFound(recordingId);
    },
  };
}
