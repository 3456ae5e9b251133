import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isAppError } from '@cloudstage/protocol';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { uploadLimits } from '../storage/uploads/limits.js';
import type { UploadClaims } from '../storage/uploads/upload-token.js';
import { checkRequest, tokenHeader } from './authorize.js';
import { type UploadRouteDeps, uploadsPath } from './deps.js';
import { observed } from './observer.js';
import { type Refusal, refusalOf, tokenRefusal } from './reply.js';

/** Path of uploads that were begun. */
export const tusPath = `${uploadsPath}/tus`;

/** Serves the tus protocol on raw requests. */
export type TusEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The tus library wants errors in this form. */
interface TusError {
  readonly status_code: number;
  readonly body: string;
}

function toTusError({ status, code, message }: Refusal): TusError {
  return { status_code: status, body: `${JSON.stringify({ code, message })}\n` };
}

/**
 * Code of an error of the library for the metrics: ours, or the protocol's status. When the connection breaks or the disk is
 * full, the library knows only that it could not write.
 */
function codeOf({ status_code: status, body }: TusError): string {
  return /^\{"code":"([a-z-]+)"/.exec(body)?.[1] ?? (status === 500 ? 'write-failed' : `tus-${status}`);
}

/** The library's store, which tells what comes in. */
function createStore(directory: string, { unfinishedMs, observer }: UploadRouteDeps): FileStore {
  const store = new FileStore({ directory, expirationPeriodInMilliseconds: unfinishedMs });
  const write = store.write.bind(store);
  store.write = (content, id, offset) =>
    write(Readable.from(observed(content, 'tus', observer), { objectMode: false }), id, offset);
  return store;
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
    datastore: createStore(incoming.directory, deps),
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
      deps.observer.uploadFinished('tus');
      deps.logger.info({ upload: upload.id, sizeBytes: upload.size }, 'package uploaded');
      return {};
    },
    onResponseError: (_request, error) => {
      const refusal = refusalOf(error);
      if (refusal !== null) deps.observer.uploadRefused(refusal.code);
      if (refusal !== null) return toTusError(refusal);
      if ('status_code' in error) {
        deps.observer.uploadRefused(codeOf(error));
        return undefined;
      }
      deps.observer.uploadRefused('internal-error');
      deps.logger.error({ err: error }, 'upload failed');
      return { status_code: 500, body: isAppError(error) ? error.code : 'internal error' };
    },
  });
  return (request, response) => server.handle(request, response);
}
