import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isAppError } from '@cloudstage/protocol';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { uploadLimits } from '../storage/uploads/limits.js';
import type { UploadClaims } from '../storage/uploads/upload-token.js';
import { checkRequest, tokenHeader } from './authorize.js';
import { type UploadRouteDeps, uploadsPath } from './deps.js';
import { type Refusal, refusalOf, tokenRefusal } from './reply.js';

/** Path of uploads that were begun. */
export const tusPath = `${uploadsPath}/tus`;

/** Serves the tus protocol on raw requests. */
export type TusEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The tus library wants errors in this form. */
function toTusError({ status, code, message }: Refusal): { readonly status_code: number; readonly body: string } {
  return { status_code: status, body: `${JSON.stringify({ code, message })}\n` };
}

/** Creates the endpoint: creation, resumption, termination and expiry, by tus 1.0. @see https://tus.io/protocols/resumable-upload */
export function createTusEndpoint(deps: UploadRouteDeps): TusEndpoint {
  const { incoming, uploads, corsOrigins } = deps;
  const claimsOf = (request: { readonly headers: Headers }): UploadClaims => {
    const check = checkRequest((name) => request.headers.get(name), deps.tokens, deps.now());
    if (check.type !== 'valid') throw toTusError(tokenRefusal(check.type));
    return check.claims;
  };
  const base = deps.publicUrl === '' ? `${uploadsPath}/` : deps.publicUrl;
  const server = new Server({
    path: tusPath,
    datastore: new FileStore({ directory: incoming.directory, expirationPeriodInMilliseconds: deps.unfinishedMs }),
    allowedHeaders: [tokenHeader],
    ...(corsOrigins.includes('*') ? {} : { allowedOrigins: (origin: string) => corsOrigins.includes(origin) }),
    // A preflight has no token.
    maxSize: (request) => (request.method === 'OPTIONS' ? 0 : claimsOf(request).maxBytes),
    namingFunction: (request) => incoming.newId(claimsOf(request).versionId),
    generateUrl: (_request, { id }) => `${base}tus/${id}`,
    onIncomingRequest: async (request, id) => {
      if (incoming.belongs(id, claimsOf(request).versionId)) return;
      throw toTusError({ status: 404, code: 'upload-not-found', message: 'there is no such upload' });
    },
    onUploadCreate: async (request) => {
      const { versionId, path } = claimsOf(request);
      if ((await incoming.count(versionId)) < uploadLimits.unfinishedOfVersion) return { metadata: { path } };
      throw toTusError({
        status: 429,
        code: 'upload-too-many',
        message: 'too many uploads were begun for this version; resume one of them or terminate it',
      });
    },
    onUploadFinish: async (_request, upload) => {
      // The file stays, as a second name, until it expires: a client whose last reply was lost asks for its state.
      await uploads.finish(join(incoming.directory, upload.id), upload.metadata?.path ?? '');
      deps.logger.info({ upload: upload.id, sizeBytes: upload.size }, 'package uploaded');
      return {};
    },
    onResponseError: (_request, error) => {
      const refusal = refusalOf(error);
      if (refusal !== null) return toTusError(refusal);
      if ('status_code' in error) return undefined;
      deps.logger.error({ err: error }, 'upload failed');
      return { status_code: 500, body: isAppError(error) ? error.code : 'internal error' };
    },
  });
  return (request, response) => server.handle(request, response);
}
