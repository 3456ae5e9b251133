/** Room on this machine's disk for what is being made, gone with its owner's process at the latest. */
export interface StagingDirectory {
  readonly path: string;
  /** Removes it with all it holds. */
  remove(): Promise<void>;
}

/** A file on this machine's disk that becomes an object. */
export interface LocalObject {
  readonly key: string;
  /** Inside a {@link StagingDirectory} of the same store; the store may take the file away. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** Facts about a stored object. */
export interface ObjectFacts {
  readonly key: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds by the store's clock. */
  readonly modifiedAt: number;
}

/** Kinds of objects: content of files, lists of them, background images, and recorded sessions. */
export type ObjectKind = 'blobs' | 'manifests' | 'images' | 'recordings';

/**
 * Keeps packages, pictures and recordings. Keys are `<kind>/<sha256>`; objects are immutable. Several control planes may use
 * one store at a time.
 */
export interface ObjectStore {
  /** Gives room for files that may become objects. */
  stage(): Promise<StagingDirectory>;
  /**
   * Makes objects of local files; when it resolves, all are there for good and as young as new ones, also those that were
   * there before. Each is stored all or nothing: a reader never sees a part of one.
   * @throws AppError `object-store-…`, the reason of `signal`.
   */
  publish(
    objects: readonly LocalObject[],
    options?: { readonly onProgress?: (fraction: number) => void; readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Stores one object, all or nothing. */
  put(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** Opens an object. Throws AppError `object-not-found`. */
  open(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** Tells about an object; null when there is none. */
  stat(key: string): Promise<ObjectFacts | null>;
  has(key: string): Promise<boolean>;
  /** Makes an object as young as a new one, so that no sweep takes it. False when there is none. */
  touch(key: string): Promise<boolean>;
  /** Objects of a kind in order of their keys, those behind `after`; fewer than `limit` only at the end. */
  list(kind: ObjectKind, options: { readonly after: string; readonly limit: number }): Promise<readonly ObjectFacts[]>;
  /** Removes an object; a missing one is a success. */
  delete(key: string): Promise<void>;
  /** Removes an object unless it is younger than `before` (epoch ms). Returns whether it did. */
  deleteIfOlder(key: string, before: number): Promise<boolean>;
  /** Ends connections. */
  close(): void;
  /** Rejects when the store cannot be used; without it, {@link ObjectStore.has} tells. */
  check?(): Promise<void>;
}

const keyPattern = /^(blobs|manifests|images|recordings)\/[0-9a-f]{64}$/;

/** True for keys that objects may have: nothing else ever reaches a file system path or URL. */
export function isObjectKey(key: string): boolean {
  return keyPattern.test(key);
}
