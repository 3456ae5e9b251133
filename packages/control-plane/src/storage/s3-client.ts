import { NoSuchBucket, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { AppError, isAppError } from '@cloudstage/protocol';
import { s3Limits } from './limits.js';

/** Where an S3 store is and who may use it. */
export interface S3Settings {
  /** URL of the service; empty: AWS's own of the region. */
  readonly endpoint: string;
  /** URL under which uploading clients reach the same service; empty: `endpoint`. */
  readonly publicEndpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Put before every key, without slashes at its ends; empty: none. */
  readonly prefix: string;
  /** Empty: the credentials of the environment, such as the role of the machine. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Bucket in the path instead of the host name, as most self-hosted services want it. */
  readonly forcePathStyle: boolean;
}

/** Creates a client for `endpoint`, with bounds on every wait. */
export function createS3Client(settings: S3Settings, endpoint: string = settings.endpoint): S3Client {
  const { accessKeyId, secretAccessKey } = settings;
  return new S3Client({
    region: settings.region,
    forcePathStyle: settings.forcePathStyle,
    ...(endpoint === '' ? {} : { endpoint }),
    ...(accessKeyId === '' ? {} : { credentials: { accessKeyId, secretAccessKey } }),
    maxAttempts: s3Limits.attempts,
    // Checksums as trailers are AWS's own; other services refuse them. We send the SHA-256 that we know anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: s3Limits.connectMs,
      socketTimeout: s3Limits.idleMs,
      requestTimeout: s3Limits.idleMs,
      throwOnRequestTimeout: true,
    },
  });
}

const deniedNames = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'CredentialsProviderError',
]);

/** True when the service says that an object (not its bucket) is missing. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof S3ServiceException) || error instanceof NoSuchBucket) return false;
  return error.name === 'NotFound' || error.name === 'NoSuchKey' || error.name === 'NoSuchUpload';
}

/** Names what went wrong with the service and says what to do. */
export function toStoreError(cause: unknown, { endpoint, bucket }: S3Settings): unknown {
  if (isAppError(cause) || !(cause instanceof Error) || cause.name === 'AbortError') return cause;
  // The whole connection hangs on it, request headers included: nothing for a log.
  Reflect.deleteProperty(cause, '$response');
  const where = endpoint === '' ? `the bucket ${bucket}` : `the bucket ${bucket} at ${endpoint}`;
  const fail = (code: string, message: string) => new AppError(code, message, { cause });
  if (deniedNames.has(cause.name) || (cause instanceof S3ServiceException && cause.$metadata.httpStatusCode === 403)) {
    return fail('object-store-denied', `${where} refuses our credentials (${cause.name}); check storage.s3`);
  }
  if (cause.name === 'NoSuchBucket') {
    return fail('object-store-bucket-missing', `${where} does not exist; create it or correct storage.s3.bucket`);
  }
  if (cause instanceof S3ServiceException) {
    return fail('object-store-failed', `${where} answered ${cause.name}: ${cause.message}`);
  }
  return fail(
    'object-store-unreachable',
    `${where} cannot be reached (${cause.message || cause.name}); check storage.s3.endpoint and the network`,
  );
}

/** True for failures that another try may not meet. */
export function isTransient(error: unknown): boolean {
  if (isAppError(error, 'object-store-unreachable')) return true;
  if (!isAppError(error, 'object-store-failed')) return false;
  const status = error.cause instanceof S3ServiceException ? error.cause.$metadata.httpStatusCode : undefined;
  return status !== undefined && (status >= 500 || status === 429);
}
