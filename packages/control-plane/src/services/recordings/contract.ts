import type { RecordingRow } from '../../db/schema/recordings.js';

/** A part of a session's recording: a fragmented MP4 file. */
export type Recording = Omit<RecordingRow, 'sha256'>;

/** What to list; null: any. */
export interface RecordingQueryInput {
  readonly sessionId: string | null;
  readonly projectId: string | null;
  /** Only those that began before; epoch milliseconds. */
  readonly before: number | null;
  /** 1 to 1,000. */
  readonly limit: number;
}

/** Recordings as operators use them. */
export interface RecordingServices {
  /**
   * Whether sessions of a project that begin from now on are recorded. Throws AppError `project-not-found`.
   */
  setProjectRecording(input: { readonly projectId: string; readonly isRecorded: boolean }): Promise<void>;
  /** Parts, the newest first. */
  listRecordings(query: RecordingQueryInput): Promise<readonly Recording[]>;
  /** The file of a part. Throws AppError `recording-not-found`, or what the store throws. */
  openRecording(
    recordingId: string,
  ): Promise<{ readonly recording: Recording; readonly content: AsyncIterable<Uint8Array> }>;
  /** Forgets a part; the sweep of the store removes its bytes within hours. Throws AppError `recording-not-found`. */
  deleteRecording(recordingId: string): Promise<void>;
}
