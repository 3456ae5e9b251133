import { type Language, type PublicError, renderErrorMessage } from '@cloudstage/cloud-api';
import type { FastifyReply } from 'fastify';

/**
 * Content type of every reply, exactly: the official Python SDK looks for an error only under this text and takes a failure
 * for a success when a charset follows.
 */
export const replyContentType = 'application/json';

/** Envelope of a success. */
export function successEnvelope(response: Readonly<Record<string, unknown>>, requestId: string): string {
  return JSON.stringify({ Response: { ...response, RequestId: requestId } });
}

/** Envelope of a refusal. */
export function errorEnvelope(error: PublicError, language: Language, requestId: string): string {
  const failure = { Code: error.code, Message: renderErrorMessage(error, language) };
  return JSON.stringify({ Response: { Error: failure, RequestId: requestId } });
}

/**
 * Sends JSON text as HTTP 200, also for errors: SDKs lose code and request id of any other status. As bytes, because
 * Fastify adds a charset to texts.
 */
export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.code(200).header('content-type', replyContentType).send(Buffer.from(json, 'utf8'));
}
