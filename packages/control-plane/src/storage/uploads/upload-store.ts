import type { StagingDirectory } from '../object-store.js';

/** An upload that is complete. */
export interface FinishedUpload {
  /** `<versionId>/<name>`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds. */
  readonly finishedAt: number;
}

/** A finished upload on this machine's disk. */
export interface LocalArchive {
  readonly archivePath: string;
  release(): Promise<void>;
}

/** Keeps complete uploads until they are ingested or discarded. Of several of one version, the last counts. */
export interface UploadStore {
  /** Gives room for what is coming in. */
  stage(): Promise<StagingDirectory>;
  /** Makes a complete local file the upload `path`; the caller removes the file afterwards. Repeating it is harmless. */
  finish(localPath: string, path: string): Promise<void>;
  find(versionId: string): Promise<FinishedUpload | null>;
  /** Gives an upload as a file that stays until it is released, whatever becomes of the upload. */
  open(
    upload: FinishedUpload,
    options: { readonly onProgress: (fraction: number) => void; readonly signal?: AbortSignal | undefined },
  ): Promise<LocalArchive>;
  discard(versionId: string): Promise<void>;
  /** Removes uploads that were finished before `before` (epoch ms) and that nobody used; returns how many. */
  sweep(before: number): Promise<number>;
}
