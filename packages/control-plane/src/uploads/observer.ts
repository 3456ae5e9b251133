/** How a package comes in: by tus, by one PUT, or straight into the bucket. */
export type UploadWay = 'tus' | 'put' | 'bucket';

/** Told what happens to uploads, for the metrics. */
export interface UploadObserver {
  /** Bytes of a package have come in, also those of an upload that is never finished. Into a bucket: told when it is complete. */
  uploadReceived(way: UploadWay, bytes: number): void;
  /** A package is there as a whole. */
  uploadFinished(way: UploadWay): void;
  /** A request of an uploading client was refused; codes are few and fixed. */
  uploadRefused(code: string): void;
  /** Uploads were removed: nothing was added to them for too long, or nobody used them. */
  uploadsExpired(what: 'unfinished' | 'unused', count: number): void;
}

/** The same chunks, told to the observer as they pass. */
export async function* observed(
  chunks: AsyncIterable<Uint8Array>,
  way: UploadWay,
  observer: UploadObserver,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    observer.uploadReceived(way, chunk.length);
    yield chunk;
  }
}
