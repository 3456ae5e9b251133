import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type BodyOutcome, readBody } from './body.js';

/**
 * Makes the routes of a scope get their body as {@link BodyOutcome}: the bytes as received, whatever their content type
 * says, because the signature covers them, and size errors as values, because they are answered in the API's own way.
 */
export function useRawBodies(scope: FastifyInstance, maxBytes: number): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage) => readBody(payload, maxBytes));
}

/** Body of a request in such a scope; without one it is empty. */
export function bodyOf(request: { readonly body: unknown }): BodyOutcome {
  // Fastify runs no parser for a request without a body.
  return (request.body as BodyOutcome | null | undefined) ?? { type: 'read', bytes: Buffer.alloc(0) };
}
