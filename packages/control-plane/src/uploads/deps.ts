import type { Logger } from 'pino';
import type { Incoming } from '../storage/uploads/incoming.js';
import type { S3Uploads } from '../storage/uploads/s3-multipart.js';
import type { UploadStore } from '../storage/uploads/upload-store.js';
import type { UploadTokens } from '../storage/uploads/upload-token.js';
import type { UploadObserver } from './observer.js';

/** What the upload endpoint needs. */
export interface UploadRouteDeps {
  readonly tokens: UploadTokens;
  readonly uploads: UploadStore;
  readonly incoming: Incoming;
  /** Uploads straight into the bucket; null when packages are kept on a file system. */
  readonly multipart: S3Uploads | null;
  /** URL of the upload endpoint as clients see it, with its final `/`; empty: the paths of this server. */
  readonly publicUrl: string;
  /** Origins whose pages may upload; `*` allows all, which is safe because the token is the credential. */
  readonly corsOrigins: readonly string[];
  /** How long an upload that nothing is added to can be resumed. */
  readonly unfinishedMs: number;
  readonly observer: UploadObserver;
  readonly logger: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Path under which the endpoint lies. */
export const uploadsPath = '/uploads';
