import { UploadPartCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { AppError } from '@cloudstage/protocol';
import { partBytesOf, type S3Bucket } from '../s3-bucket.js';
import { createS3Client, toStoreError } from '../s3-client.js';
import { removeEarlier, uploadKey } from './s3-upload-store.js';
import type { UploadClaims } from './upload-token.js';

/** A part that a client has uploaded. */
export interface UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** Uploads that go straight from a client into the bucket, in parts with signed URLs. */
export interface S3Uploads {
  /** Begins one. `partBytes` is the size in which the client cuts its file. */
  begin(
    claims: UploadClaims,
    sizeBytes: number,
  ): Promise<{ readonly uploadId: string; readonly partBytes: number; readonly partCount: number }>;
  /** URLs for PUT of the parts; they are good as long as the credential. */
  signParts(
    claims: UploadClaims,
    upload: { readonly uploadId: string; readonly partNumbers: readonly number[]; readonly now: number },
  ): Promise<readonly { readonly partNumber: number; readonly url: string }[]>;
  /** Joins the parts. Throws AppError `upload-not-found`, `upload-too-large`, `object-store-failed` for wrong parts. */
  complete(
    claims: UploadClaims,
    uploadId: string,
    parts: readonly UploadedPart[],
  ): Promise<{ readonly sizeBytes: number }>;
  abort(claims: UploadClaims, uploadId: string): Promise<void>;
  close(): void;
}

function tooLarge({ maxBytes }: UploadClaims): AppError {
  return new AppError('upload-too-large', `packages have at most ${maxBytes} bytes`);
}

/** Creates the uploads of a bucket. A token names its key, so that an upload id is worth nothing without the token. */
export function createS3Uploads(bucket: S3Bucket): S3Uploads {
  const { publicEndpoint } = bucket.settings;
  const signer = publicEndpoint === '' ? bucket.client : createS3Client(bucket.settings, publicEndpoint);
  return {
    begin: async (claims, sizeBytes) => {
      if (sizeBytes > claims.maxBytes) throw tooLarge(claims);
      const partBytes = partBytesOf(sizeBytes);
      const uploadId = await bucket.createMultipart(uploadKey(claims.path));
      return { uploadId, partBytes, partCount: Math.max(1, Math.ceil(sizeBytes / partBytes)) };
    },
    signParts: async (claims, { uploadId, partNumbers, now }) => {
      const expiresIn = Math.max(1, Math.floor((claims.expiresAt - now) / 1_000));
      const target = bucket.target(uploadKey(claims.path));
      const sign = async (partNumber: number) => {
        const command = new UploadPartCommand({ ...target, UploadId: uploadId, PartNumber: partNumber });
        return { partNumber, url: await getSignedUrl(signer, command, { expiresIn }) };
      };
      return Promise.all(partNumbers.map(sign)).catch((error: unknown) => {
        throw toStoreError(error, bucket.settings);
      });
    },
    complete: async (claims, uploadId, parts) => {
      const key = uploadKey(claims.path);
      const sorted = [...parts].sort((a, b) => a.partNumber - b.partNumber);
      await bucket.completeMultipart(
        key,
        uploadId,
        sorted.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag })),
      );
      // Only now does the service tell how much the client has sent.
      const sizeBytes = (await bucket.stat(key))?.sizeBytes ?? 0;
      if (sizeBytes > claims.maxBytes) {
        await bucket.delete(key);
        throw tooLarge(claims);
      }
      await removeEarlier(bucket, claims.path);
      return { sizeBytes };
    },
    abort: (claims, uploadId) => bucket.abortMultipart(uploadKey(claims.path), uploadId),
    close: () => {
      if (signer !== bucket.client) signer.destroy();
    },
  };
}
