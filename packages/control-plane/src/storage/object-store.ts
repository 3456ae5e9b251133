/** What {@link ObjectStore.putContent} has stored. */
export interface StoredContent {
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** First bytes, at most four: enough to tell a program from data. */
  readonly head: Uint8Array;
  /** False when the same content was there already. */
  readonly isNew: boolean;
}

/** Keeps packages. Keys are `blobs/<sha256>` and `manifests/<sha256>`; objects are immutable. */
export interface ObjectStore {
  /** Stores an object all or nothing: a reader never sees a part of it, also after a crash. */
  put(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Stores an object under `<prefix>/<sha256 of its content>`.
   * @throws AppError `object-too-large` when it is longer than `maxBytes`; nothing is stored then.
   */
  putContent(
    prefix: 'blobs' | 'manifests',
    content: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes: number },
  ): Promise<StoredContent>;
  /** Opens an object. Throws AppError `object-not-found`. */
  open(key: string): Promise<AsyncIterable<Uint8Array>>;
  has(key: string): Promise<boolean>;
  /** Removes an object; a missing one is a success. */
  delete(key: string): Promise<void>;
  /** Rejects when the store cannot be used; without it, {@link ObjectStore.has} tells. */
  check?(): Promise<void>;
}

const keyPattern = /^(blobs|manifests)\/[0-9a-f]{64}$/;

/** True for keys that objects may have: nothing else ever reaches a file system path or URL. */
export function isObjectKey(key: string): boolean {
  return keyPattern.test(key);
}
