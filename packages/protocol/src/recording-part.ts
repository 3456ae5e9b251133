/** A file of a recording: fragmented MP4. A session has several when its picture size changed, or after a fault. */
export interface RecordingPart {
  readonly nodeId: string;
  readonly sessionId: string;
  /** Node's wall clock at the first picture, epoch milliseconds; tells the parts of a session apart. */
  readonly startedAt: number;
  /** Null: its writer was killed; the file can be played to its last whole fragment. */
  readonly durationMs: number | null;
  readonly sizeBytes: number;
  /** Of the file, hex. */
  readonly sha256: string;
}

/** What has become of a part. */
export type StoreRecordingOutcome =
  /** It is in the object store for good, perhaps from an earlier attempt. */
  | { readonly type: 'stored' }
  /** No session of that id ran on that node. */
  | { readonly type: 'session-not-found' };
