import { randomUUID } from 'node:crypto';
import { echoText } from '@cloudstage/cloud-api';
import { type ClientSession, checkClientSession, isAppError, limits } from '@cloudstage/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ReconnectOutcome } from '../services/contract.js';
import { withDeadline } from './deadline.js';
import { mapReconnect, type ReconnectFailure, reconnectCodes } from './error-mapping/reconnect.js';
import { bodyOf, useRawBodies } from './fastify-body.js';
import { cloudApiServerLimits } from './limits.js';
import { parseReconnectQuery } from './reconnect-query.js';
import { sendJson } from './reply.js';
import type { CloudApiRouteDeps } from './route.js';

/** Reply of `/reconnect`. `ServerSession` is JSON text, not base64: the official SDK encodes it itself. */
interface ReconnectReply {
  readonly Code: number;
  readonly Message: string;
  readonly ServerSession?: string;
}

type ParsedReconnect =
  | { readonly type: 'parsed'; readonly token: string; readonly userId: string; readonly clientSession: ClientSession }
  | { readonly type: 'refused'; readonly failure: ReconnectFailure };

function failureReply(failure: ReconnectFailure): ReconnectReply {
  const { code, message } = failure;
  if (!failure.final) return { Code: code, Message: message };
  return { Code: reconnectCodes.ok, Message: message, ServerSession: JSON.stringify({ code, message }) };
}

function refusedRequest(message: string): ParsedReconnect {
  return { type: 'refused', failure: { final: false, code: reconnectCodes.badParameter, message } };
}

function parseReconnect(request: FastifyRequest): ParsedReconnect {
  const body = bodyOf(request);
  if (body.type !== 'read') return refusedRequest('the body is too large or incomplete');
  const { token, userId } = parseReconnectQuery((request.raw.url ?? '').split('?').slice(1).join('?'));
  if (token === '' || token.length > cloudApiServerLimits.tokenChars) return refusedRequest('token is missing');
  if (userId === '' || userId.length > limits.userIdChars) return refusedRequest('uid is missing');
  let value: unknown;
  try {
    value = JSON.parse(body.bytes.toString('utf8'));
  } catch {
    return refusedRequest('the body is not JSON');
  }
  try {
    return { type: 'parsed', token, userId, clientSession: checkClientSession(value) };
  } catch (error) {
    if (!isAppError(error, 'session-envelope-invalid')) throw error;
    const message = echoText(error.message, limits.messageChars);
    return { type: 'refused', failure: { final: true, code: reconnectCodes.offerInvalid, message } };
  }
}

function outcomeReply(outcome: ReconnectOutcome): ReconnectReply {
  if (outcome.type !== 'created') return failureReply(mapReconnect(outcome));
  // A reconnect always has an offer; without an answer there is nothing to connect to.
  if (outcome.serverSession === null) return failureReply(mapReconnect({ type: 'lock-timeout' }));
  return { Code: reconnectCodes.ok, Message: 'ok', ServerSession: JSON.stringify(outcome.serverSession) };
}

async function reconnect(request: FastifyRequest, requestId: string, deps: CloudApiRouteDeps): Promise<ReconnectReply> {
  if (!deps.rateLimiter.take(`reconnect ${request.ip}`, deps.config.reconnectRateLimit)) {
    return { Code: reconnectCodes.serverError, Message: 'too many requests; try again later' };
  }
  const parsed = parseReconnect(request);
  if (parsed.type === 'refused') return failureReply(parsed.failure);
  const { token, userId, clientSession } = parsed;
  const work = deps.services.reconnectSession({ requestId, token, userId, clientSession });
  const timed = await withDeadline(work, cloudApiServerLimits.reconnectDeadlineMs, (error) =>
    deps.logger.error({ err: error, requestId }, 'reconnect failed after its deadline'),
  );
  const outcome: ReconnectOutcome = timed.type === 'done' ? timed.value : { type: 'timeout' };
  if (outcome.type !== 'created') {
    const detail = 'message' in outcome ? outcome.message : undefined;
    deps.logger.info({ requestId, userId, outcome: outcome.type, detail }, 'reconnect refused');
  }
  return outcomeReply(outcome);
}

/** Adds the headers that let a page of an allowed origin read the reply. */
function addCorsHeaders(request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void {
  const origin = request.headers.origin;
  if (origins.includes('*')) {
    reply.header('access-control-allow-origin', '*');
    return;
  }
  reply.header('vary', 'Origin');
  if (origin !== undefined && origins.includes(origin)) reply.header('access-control-allow-origin', origin);
}

/**
 * Registers `POST /reconnect`, by which a browser resumes its session without the business backend, and its CORS preflight.
 * The heartbeat token in the query stands for the signature.
 */
export function registerReconnectRoute(fastify: FastifyInstance, deps: CloudApiRouteDeps): void {
  fastify.register(async (scope) => {
    useRawBodies(scope, cloudApiServerLimits.reconnectBodyBytes);
    scope.addHook('onRequest', async (request, reply) => addCorsHeaders(request, reply, deps.config.corsOrigins));
    scope.setErrorHandler((error, _request, reply) => {
      deps.logger.info({ err: error, requestId: randomUUID() }, 'reconnect request could not be read');
      return sendJson(
        reply,
        JSON.stringify({ Code: reconnectCodes.badParameter, Message: 'the request is not valid' }),
      );
    });
    scope.options('/reconnect', async (_request, reply) => {
      reply.header('access-control-allow-methods', 'POST, OPTIONS');
      reply.header('access-control-allow-headers', 'content-type, authorization');
      reply.header('access-control-max-age', '600');
      return reply.code(204).send();
    });
    scope.post('/reconnect', async (request, reply) => {
      const requestId = randomUUID();
      const finished = deps.observer.callStarted();
      try {
        const answer = await reconnect(request, requestId, deps);
        finished('reconnect', answer.Code === reconnectCodes.ok && answer.Message === 'ok' ? 'ok' : 'refused');
        return sendJson(reply, JSON.stringify(answer));
      } catch (error) {
        finished('reconnect', 'InternalError');
        deps.logger.error({ err: error, requestId }, 'reconnect failed');
        return sendJson(reply, JSON.stringify({ Code: reconnectCodes.serverError, Message: 'internal error' }));
      }
    });
  });
}
