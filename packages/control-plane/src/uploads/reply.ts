import { isAppError } from '@cloudstage/protocol';
import type { FastifyReply } from 'fastify';
import type { UploadObserver } from './observer.js';

/** A refusal: status, machine-readable code and what to do. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const statusOfCode: Readonly<Record<string, number>> = {
  'upload-not-found': 404,
  'upload-too-large': 413,
  'object-too-large': 413,
  'upload-size-mismatch': 400,
  'object-store-unreachable': 503,
  'object-store-denied': 503,
  'object-store-bucket-missing': 503,
  'object-store-failed': 503,
};

/** Refusal of a request for the reason that was thrown; null for bugs, whose text is nobody's business. */
export function refusalOf(error: unknown): Refusal | null {
  if (!isAppError(error)) return null;
  const status = statusOfCode[error.code];
  return status === undefined ? null : { status, code: error.code, message: error.message };
}

/** Refusal of a token that is not valid. */
export function tokenRefusal(type: 'invalid' | 'expired'): Refusal {
  return type === 'expired'
    ? { status: 401, code: 'token-expired', message: 'the upload credential has expired; ask for a new one' }
    : { status: 401, code: 'token-invalid', message: 'send the SessionToken of an upload credential as bearer token' };
}

/** Sends a refusal as JSON, and tells the observer. */
export function refuse(
  reply: FastifyReply,
  { status, code, message }: Refusal,
  observer: Pick<UploadObserver, 'uploadRefused'>,
): FastifyReply {
  observer.uploadRefused(code);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  // What the client is still sending must not be read as its next request.
  return reply.code(status).header('connection', 'close').send({ code, message });
}
