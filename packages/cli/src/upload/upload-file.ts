import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { DetailedError, Upload } from 'tus-js-client';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { limits } from '../limits.js';
import type { UploadState, UploadTicket } from './upload-state.js';

/** Options of {@link uploadFile}. */
export interface UploadFileOptions {
  readonly filePath: string;
  readonly ticket: UploadTicket;
  readonly state: UploadState;
  /** Bytes that the server has; the first call tells where a resumed upload goes on. */
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

const RefusalSchema = Type.Object({ message: Type.String() });

/** The endpoint says why in JSON; a proxy in between says something else or nothing. */
function refusalText(body: string | undefined): string | null {
  if (body === undefined || body === '') return null;
  try {
    const value: unknown = JSON.parse(body);
    if (Value.Check(RefusalSchema, value)) return value.message;
  } catch {
    // Not JSON: shown as it is.
  }
  return body.slice(0, limits.shownBodyChars);
}

function uploadError(error: Error): AppError {
  const status = error instanceof DetailedError ? error.originalResponse?.getStatus() : undefined;
  const reason = error instanceof DetailedError ? error.originalResponse?.getBody().trim() : undefined;
  if (status === undefined) {
    return new AppError(
      'cloud-api-unreachable',
      'The connection to the upload endpoint was lost. Run the same command again: it goes on where it was.',
      { cause: error },
    );
  }
  const text = refusalText(reason) ?? `HTTP status ${status}`;
  return new AppError('upload-refused', `The upload was refused: ${text}`, { cause: error });
}

/**
 * Uploads a file by tus and resumes what an earlier run has begun. Interrupted by `signal` or a kill, it can be repeated.
 * @throws AppError `upload-refused`, `cloud-api-unreachable`; the signal's reason.
 */
export async function uploadFile(options: UploadFileOptions): Promise<void> {
  const { filePath, ticket, state, signal } = options;
  signal.throwIfAborted();
  let upload: Upload | null = null;
  let stop: (() => void) | null = null;
  try {
    await new Promise<void>((resolve, reject) => {
      upload = new Upload(createReadStream(filePath), {
        endpoint: ticket.uploadUrl,
        headers: { Authorization: `Bearer ${ticket.token}` },
        metadata: { filename: basename(filePath) },
        // The credential is bound to one version; the same file for another one is another upload.
        fingerprint: async () => state.fingerprint,
        urlStorage: state.urlStorage,
        storeFingerprintForResuming: true,
        chunkSize: limits.uploadChunkBytes,
        retryDelays: [...limits.uploadRetryMs],
        onError: (error) => reject(uploadError(error)),
        onChunkComplete: (_size, accepted) => options.onProgress(accepted),
        onSuccess: () => resolve(),
      });
      const present = upload;
      stop = () => {
        present.abort().then(
          () => reject(signal.reason),
          () => reject(signal.reason),
        );
      };
      signal.addEventListener('abort', stop, { once: true });
      present.findPreviousUploads().then((previous) => {
        const [latest] = previous;
        if (latest !== undefined) present.resumeFromPreviousUpload(latest);
        present.start();
      }, reject);
    });
  } finally {
    if (stop !== null) signal.removeEventListener('abort', stop);
  }
  state.clear();
}
