import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { AppError, invariant } from '@cloudstage/protocol';
import { s3Limits } from './limits.js';
import type { ObjectFacts } from './object-store.js';
import { createS3Client, isMissing, isTransient, type S3Settings, toStoreError } from './s3-client.js';

/** Options of an upload. */
export interface UploadOptions {
  /** Hex SHA-256 of the file, which the service then checks when it takes the file in one piece. */
  readonly sha256?: string;
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Size of the parts in which an object goes up. PURE. */
export function partBytesOf(sizeBytes: number): number {
  return Math.max(s3Limits.partBytes, Math.ceil(sizeBytes / s3Limits.maxParts));
}

/** The requests we make of one bucket, with named errors, bounded tries, and keys without the configured prefix. */
export class S3Bucket {
  readonly client: S3Client;

  constructor(readonly settings: S3Settings) {
    this.client = createS3Client(settings);
  }

  /** Full key in the bucket. */
  keyOf(key: string): string {
    return this.settings.prefix === '' ? key : `${this.settings.prefix}/${key}`;
  }

  target(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.settings.bucket, Key: this.keyOf(key) };
  }

  /** Runs one request and names what goes wrong. */
  async named<T>(request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (error) {
      throw toStoreError(error, this.settings);
    }
  }

  /** Repeats what the client library cannot repeat by itself: requests whose body is a stream. */
  private async retried<T>(request: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      try {
        return await this.named(request());
      } catch (error) {
        signal?.throwIfAborted();
        if (attempt >= s3Limits.attempts || !isTransient(error)) throw error;
        await sleep(s3Limits.retryPauseMs * 2 ** attempt, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  /** Fails by name when the bucket is missing or closed to us. A listing, because only an answer with a body says which. */
  async check(): Promise<void> {
    await this.list('', { after: '', limit: 1 });
  }

  async stat(key: string): Promise<ObjectFacts | null> {
    try {
      const head = await this.client.send(new HeadObjectCommand(this.target(key)));
      return { key, sizeBytes: head.ContentLength ?? 0, modifiedAt: head.LastModified?.getTime() ?? 0 };
    } catch (error) {
      if (isMissing(error)) return null;
      throw toStoreError(error, this.settings);
    }
  }

  /** Opens an object. Throws AppError `object-not-found`. */
  async open(key: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    try {
      const { Body } = await this.client.send(
        new GetObjectCommand(this.target(key)),
        signal === undefined ? {} : { abortSignal: signal },
      );
      invariant(Body !== undefined, 'an object without a body');
      return this.namedStream(Body as Readable);
    } catch (error) {
      if (isMissing(error)) throw new AppError('object-not-found', `there is no object ${key}`, { cause: error });
      throw toStoreError(error, this.settings);
    }
  }

  private async *namedStream(body: Readable): AsyncIterable<Uint8Array> {
    try {
      for await (const chunk of body) yield chunk as Buffer;
    } catch (error) {
      throw toStoreError(error, this.settings);
    } finally {
      body.destroy();
    }
  }

  /** One page of keys that begin with `under`, behind `after`. */
  async list(
    under: string,
    { after, limit }: { readonly after: string; readonly limit: number },
  ): Promise<readonly ObjectFacts[]> {
    const page = await this.named(
      this.client.send(
        new ListObjectsCommand({
          Bucket: this.settings.bucket,
          Prefix: this.keyOf(under),
          ...(after === '' ? {} : { Marker: this.keyOf(after) }),
          MaxKeys: Math.min(limit, s3Limits.listKeys),
        }),
      ),
    );
    const cut = this.keyOf('').length;
    return (page.Contents ?? []).map((object) => ({
      key: (object.Key ?? '').slice(cut),
      sizeBytes: object.Size ?? 0,
      modifiedAt: object.LastModified?.getTime() ?? 0,
    }));
  }

  /** Removes an object; a missing one is a success. */
  async delete(key: string): Promise<void> {
    await this.named(this.client.send(new DeleteObjectCommand(this.target(key))));
  }

  /** Gives an object a new date by copying it onto itself inside the service; at most `s3Limits.maxCopyBytes`. */
  async renew(key: string): Promise<void> {
    const { Bucket, Key } = this.target(key);
    const source = encodeURIComponent(`${Bucket}/${Key}`).replaceAll('%2F', '/');
    await this.named(
      this.client.send(
        // A copy onto itself is refused unless it changes something.
        new CopyObjectCommand({
          Bucket,
          Key,
          CopySource: source,
          MetadataDirective: 'REPLACE',
          ContentType: 'application/octet-stream',
        }),
      ),
    );
  }

  /** Uploads a file in one piece, or in parts when it is large. Holds no more than the buffers of its streams. */
  async upload(key: string, path: string, sizeBytes: number, options: UploadOptions = {}): Promise<void> {
    if (sizeBytes > s3Limits.partBytes) return this.uploadParts(key, path, sizeBytes, options);
    const { sha256, signal } = options;
    await this.retried(async () => {
      const Body = createReadStream(path);
      try {
        await this.client.send(
          new PutObjectCommand({
            ...this.target(key),
            Body,
            ContentLength: sizeBytes,
            ...(sha256 === undefined ? {} : { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') }),
          }),
          signal === undefined ? {} : { abortSignal: signal },
        );
      } finally {
        Body.destroy();
      }
    }, signal);
    options.onProgress?.(sizeBytes);
  }

  private async uploadParts(key: string, path: string, sizeBytes: number, options: UploadOptions): Promise<void> {
    const partBytes = partBytesOf(sizeBytes);
    const uploadId = await this.createMultipart(key);
    try {
      const parts: CompletedPart[] = [];
      for (let start = 0; start < sizeBytes; start += partBytes) {
        const length = Math.min(partBytes, sizeBytes - start);
        parts.push(await this.uploadPart(key, { uploadId, number: parts.length + 1, path, start, length }, options));
        options.onProgress?.(start + length);
      }
      await this.completeMultipart(key, uploadId, parts);
    } catch (error) {
      // The first failure counts; parts that stay behind are the bucket's life cycle rule's.
      await this.abortMultipart(key, uploadId).catch(() => undefined);
      throw error;
    }
  }

  private uploadPart(
    key: string,
    part: {
      readonly uploadId: string;
      readonly number: number;
      readonly path: string;
      readonly start: number;
      readonly length: number;
    },
    { signal }: UploadOptions,
  ): Promise<CompletedPart> {
    return this.retried(async () => {
      const Body = createReadStream(part.path, { start: part.start, end: part.start + part.length - 1 });
      try {
        const { ETag } = await this.client.send(
          new UploadPartCommand({
            ...this.target(key),
            UploadId: part.uploadId,
            PartNumber: part.number,
            Body,
            ContentLength: part.length,
          }),
          signal === undefined ? {} : { abortSignal: signal },
        );
        return { ETag, PartNumber: part.number };
      } finally {
        Body.destroy();
      }
    }, signal);
  }

  /** Begins an upload in parts and gives its id. */
  async createMultipart(key: string): Promise<string> {
    const { UploadId } = await this.named(this.client.send(new CreateMultipartUploadCommand(this.target(key))));
    invariant(UploadId !== undefined, 'an upload without an id');
    return UploadId;
  }

  /** Joins the parts. Throws AppError `upload-not-found` when there is no such upload. */
  async completeMultipart(key: string, uploadId: string, parts: readonly CompletedPart[]): Promise<void> {
    const request = new CompleteMultipartUploadCommand({
      ...this.target(key),
      UploadId: uploadId,
      MultipartUpload: { Parts: [...parts] },
    });
    await this.client.send(request).catch((error: unknown) => {
      if (isMissing(error)) throw new AppError('upload-not-found', 'there is no such upload', { cause: error });
      throw toStoreError(error, this.settings);
    });
  }

  /** Gives an upload in parts up; a missing one is a success. */
  async abortMultipart(key: string, uploadId: string): Promise<void> {
    const request = new AbortMultipartUploadCommand({ ...this.target(key), UploadId: uploadId });
    await this.client.send(request).catch((error: unknown) => {
      if (!isMissing(error)) throw toStoreError(error, this.settings);
    });
  }

  close(): void {
    this.client.destroy();
  }
}
