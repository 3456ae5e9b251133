import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { uploadLimits } from '../storage/uploads/limits.js';
import { checkRequest, tokenHeader } from './authorize.js';
import { type UploadRouteDeps, uploadsPath } from './deps.js';
import { registerMultipart } from './multipart-endpoint.js';
import { putUpload } from './put-endpoint.js';
import { refusalOf, refuse, tokenRefusal } from './reply.js';
import { createTusEndpoint, tusPath } from './tus-endpoint.js';

/** Adds the headers that let a page of an allowed origin read the reply. */
function addCors(request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void {
  const { origin } = request.headers;
  if (origins.includes('*')) reply.header('access-control-allow-origin', '*');
  else {
    reply.header('vary', 'Origin');
    if (origin !== undefined && origins.includes(origin)) reply.header('access-control-allow-origin', origin);
  }
}

/** Ends a connection whose client has fallen silent; the upload can be resumed. */
function boundSilence(request: FastifyRequest): void {
  request.raw.setTimeout(uploadLimits.idleMs, () => request.raw.destroy());
  // From here on it is we who take time, to bring a large file to its place.
  request.raw.once('end', () => request.raw.setTimeout(0));
}

function registerTus(fastify: FastifyInstance, deps: UploadRouteDeps): void {
  const serve = createTusEndpoint(deps);
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    boundSilence(request);
    const check = checkRequest((name) => String(request.headers[name] ?? ''), deps.tokens, deps.now());
    if (request.method !== 'OPTIONS' && check.type !== 'valid')
      return refuse(reply, tokenRefusal(check.type), deps.observer);
    reply.hijack();
    await serve(request.raw, reply.raw);
    return reply;
  };
  fastify.route({ method: ['POST', 'OPTIONS'], url: `${uploadsPath}/`, handler });
  fastify.route({ method: ['POST', 'OPTIONS'], url: uploadsPath, handler });
  fastify.route({ method: ['HEAD', 'PATCH', 'DELETE', 'OPTIONS'], url: `${tusPath}/:id`, handler });
}

function registerPut(fastify: FastifyInstance, deps: UploadRouteDeps): void {
  fastify.put<{ Params: { '*': string } }>(`${uploadsPath}/*`, async (request, reply) => {
    boundSilence(request);
    const check = checkRequest((name) => String(request.headers[name] ?? ''), deps.tokens, deps.now());
    if (check.type !== 'valid') return refuse(reply, tokenRefusal(check.type), deps.observer);
    if (request.params['*'] !== check.claims.path) {
      const message = 'the credential is for another path; PUT to its UploadUrl followed by its Path';
      return refuse(reply, { status: 403, code: 'path-mismatch', message }, deps.observer);
    }
    try {
      return await reply.code(201).send(await putUpload(request.raw, check.claims, deps));
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== null) return refuse(reply, refusal, deps.observer);
      // Nobody is there to be answered.
      if (request.raw.destroyed) return reply.hijack();
      throw error;
    }
  });
}

/** Registers the upload endpoint: tus 1.0, plain PUT, and uploads in parts straight into a bucket. */
export function registerUploads(fastify: FastifyInstance, deps: UploadRouteDeps): void {
  fastify.register(async (outer) => {
    outer.addHook('onRequest', async (request, reply) => addCors(request, reply, deps.corsOrigins));
    outer.setErrorHandler((error, request, reply) => {
      const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
      if (status >= 500) deps.logger.error({ err: error, method: request.method }, 'upload failed');
      const message = status >= 500 || !(error instanceof Error) ? 'internal error' : error.message;
      const code = status >= 500 ? 'internal-error' : 'request-invalid';
      return refuse(reply, { status, code, message }, deps.observer);
    });
    outer.register(async (raw) => {
      // Bodies are read by the handlers, as streams.
      raw.removeAllContentTypeParsers();
      raw.addContentTypeParser('*', (_request, _payload, done) => done(null));
      registerTus(raw, deps);
      registerPut(raw, deps);
      raw.options(`${uploadsPath}/*`, async (_request, reply) => {
        reply.header('access-control-allow-methods', 'PUT, POST, OPTIONS');
        reply.header('access-control-allow-headers', `authorization, content-type, ${tokenHeader}`);
        reply.header('access-control-max-age', '600');
        return reply.code(204).send();
      });
    });
    outer.register(async (json) => registerMultipart(json, deps));
  });
}
