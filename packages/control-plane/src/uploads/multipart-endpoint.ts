import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { s3Limits } from '../storage/limits.js';
import { uploadLimits } from '../storage/uploads/limits.js';
import type { S3Uploads } from '../storage/uploads/s3-multipart.js';
import type { UploadClaims } from '../storage/uploads/upload-token.js';
import { checkRequest } from './authorize.js';
import { type UploadRouteDeps, uploadsPath } from './deps.js';
import { refusalOf, refuse, tokenRefusal } from './reply.js';

const UploadId = Type.String({ minLength: 1, maxLength: 1_024 });
const PartNumber = Type.Integer({ minimum: 1, maximum: s3Limits.maxParts });
const BeginSchema = Type.Object({ sizeBytes: Type.Integer({ minimum: 1 }) });
const SignSchema = Type.Object({
  uploadId: UploadId,
  partNumbers: Type.Array(PartNumber, { minItems: 1, maxItems: uploadLimits.partsPerRequest }),
});
const CompleteSchema = Type.Object({
  uploadId: UploadId,
  parts: Type.Array(Type.Object({ partNumber: PartNumber, etag: Type.String({ minLength: 1, maxLength: 256 }) }), {
    minItems: 1,
    maxItems: s3Limits.maxParts,
  }),
});
const AbortSchema = Type.Object({ uploadId: UploadId });

/** What a handler is given. */
interface MultipartCall<T extends TSchema> {
  readonly body: Static<T>;
  readonly claims: UploadClaims;
  readonly uploads: S3Uploads;
}

/** Registers the requests by which a client uploads straight into the bucket. Without a bucket they say so. */
export function registerMultipart(scope: FastifyInstance, deps: UploadRouteDeps): void {
  const route = <T extends TSchema>(
    url: string,
    schema: T,
    work: (call: MultipartCall<T>) => Promise<Readonly<Record<string, unknown>>>,
  ) => {
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const check = checkRequest((name) => String(request.headers[name] ?? ''), deps.tokens, deps.now());
      if (check.type !== 'valid') return refuse(reply, tokenRefusal(check.type), deps.observer);
      if (deps.multipart === null) {
        const message = 'packages are not kept in a bucket here; upload by tus or PUT';
        return refuse(reply, { status: 404, code: 'multipart-unavailable', message }, deps.observer);
      }
      if (!Value.Check(schema, request.body)) {
        const [first] = Value.Errors(schema, request.body);
        const message = `the request is not valid: ${first?.instancePath ?? ''} ${first?.message ?? ''}`;
        return refuse(reply, { status: 400, code: 'request-invalid', message }, deps.observer);
      }
      try {
        return await work({ body: request.body as Static<T>, claims: check.claims, uploads: deps.multipart });
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal === null) throw error;
        return refuse(reply, refusal, deps.observer);
      }
    };
    scope.post(`${uploadsPath}/multipart${url}`, { bodyLimit: uploadLimits.jsonBytes }, handler);
  };
  route('', BeginSchema, ({ body, claims, uploads }) => uploads.begin(claims, body.sizeBytes));
  route('/parts', SignSchema, async ({ body, claims, uploads }) => ({
    parts: await uploads.signParts(claims, { ...body, now: deps.now() }),
  }));
  route('/complete', CompleteSchema, async ({ body, claims, uploads }) => {
    const { sizeBytes } = await uploads.complete(claims, body.uploadId, body.parts);
    deps.observer.uploadReceived('bucket', sizeBytes);
    deps.observer.uploadFinished('bucket');
    deps.logger.info({ upload: claims.path, sizeBytes }, 'package uploaded');
    return { path: claims.path, sizeBytes };
  });
  route('/abort', AbortSchema, async ({ body, claims, uploads }) => {
    await uploads.abort(claims, body.uploadId);
    return {};
  });
}
