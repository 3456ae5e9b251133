import type { IncomingMessage } from 'node:http';
import { AppError, isAppError } from '@cloudstage/protocol';
import { stageContent } from '../storage/staging.js';
import type { UploadClaims } from '../storage/uploads/upload-token.js';
import type { UploadRouteDeps } from './deps.js';
import { observed } from './observer.js';

/**
 * Takes a whole file in one request, for clients like curl. It counts when it has come completely.
 * @throws AppError `upload-too-large`, `object-store-…`; the connection's error when the client goes.
 */
export async function putUpload(
  request: IncomingMessage,
  claims: UploadClaims,
  { uploads, logger, observer }: UploadRouteDeps,
): Promise<{ readonly path: string; readonly sizeBytes: number }> {
  const tooLarge = (cause?: unknown) =>
    new AppError('upload-too-large', `packages have at most ${claims.maxBytes} bytes`, { cause });
  if (Number(request.headers['content-length'] ?? 0) > claims.maxBytes) throw tooLarge();
  const staging = await uploads.stage();
  try {
    const content = observed(request as AsyncIterable<Uint8Array>, 'put', observer);
    const { path, sizeBytes } = await stageContent(staging, content, claims);
    await uploads.finish(path, claims.path);
    observer.uploadFinished('put');
    logger.info({ upload: claims.path, sizeBytes }, 'package uploaded');
    return { path: claims.path, sizeBytes };
  } catch (error) {
    throw isAppError(error, 'object-too-large') ? tooLarge(error) : error;
  } finally {
    await staging.remove();
  }
}
