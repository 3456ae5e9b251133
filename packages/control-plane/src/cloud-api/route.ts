import { randomUUID } from 'node:crypto';
import {
  chooseLanguage,
  cloudApiLimits,
  echoText,
  type Language,
  type PublicError,
  publicError,
  type SignedHttpRequest,
} from '@cloudstage/cloud-api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Services } from '../services/contract.js';
import type { AuthThrottle } from './auth-throttle.js';
import { authenticate } from './authenticate.js';
import type { CloudApiConfig } from './config.js';
import { dispatch } from './dispatch.js';
import { bodyOf, useRawBodies } from './fastify-body.js';
import type { ApiObserver } from './observer.js';
import type { RateLimiter } from './rate-limit.js';
import { errorEnvelope, sendJson, successEnvelope } from './reply.js';
import { formMediaType, mediaTypeOf, parseApiCall, requestedLanguage } from './request.js';

/** What the routes of the cloud API need. */
export interface CloudApiRouteDeps {
  readonly services: Services;
  readonly logger: Logger;
  readonly config: CloudApiConfig;
  readonly rateLimiter: RateLimiter;
  readonly throttle: AuthThrottle;
  readonly observer: ApiObserver;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Facts of one call for its reply and its log line. */
interface CallRecord {
  readonly requestId: string;
  language: Language;
  action: string;
  accountId: string;
  secretId: string;
}

type CallResult =
  | { readonly type: 'answered'; readonly response: Readonly<Record<string, unknown>> }
  | { readonly type: 'refused'; readonly error: PublicError; readonly detail?: string };

function flatHeaders(request: FastifyRequest): Record<string, string | undefined> {
  const entries = Object.entries(request.headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
}

function toSignedRequest(request: FastifyRequest, body: Uint8Array): SignedHttpRequest {
  const url = request.raw.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method === 'GET' ? 'GET' : 'POST',
    rawPath: mark < 0 ? url : url.slice(0, mark),
    rawQuery: mark < 0 ? '' : url.slice(mark + 1),
    headers: flatHeaders(request),
    body,
  };
}

/** Size limits of the platform, which depend on how the request is made. */
function isTooLarge(request: SignedHttpRequest): boolean {
  if (request.method === 'GET') return request.rawQuery.length > cloudApiLimits.getQueryBytes;
  return mediaTypeOf(request.headers) === formMediaType && request.body.length > cloudApiLimits.formBodyBytes;
}

function refused(error: PublicError): CallResult {
  return { type: 'refused', error };
}

async function processCall(request: FastifyRequest, record: CallRecord, deps: CloudApiRouteDeps): Promise<CallResult> {
  const body = bodyOf(request);
  const signed = toSignedRequest(request, body.type === 'read' ? body.bytes : Buffer.alloc(0));
  record.language = chooseLanguage(requestedLanguage(signed));
  if (request.method !== 'GET' && request.method !== 'POST') return refused(publicError('UnsupportedProtocol'));
  if (body.type === 'incomplete') return refused(publicError('InvalidRequest'));
  if (body.type === 'too-large' || isTooLarge(signed)) return refused(publicError('RequestSizeLimitExceeded'));
  const call = parseApiCall(signed);
  if (call.type === 'refused') return refused(call.error);
  record.action = call.value.action;
  const { requestId } = record;
  const onLateError = (error: unknown) =>
    deps.logger.error({ err: error, requestId, action: record.action }, 'cloud API call failed after its deadline');
  const authentication = await authenticate(call.value, request.ip, { ...deps, onLateError });
  if (authentication.type === 'refused') return refused(authentication.error);
  const { caller } = authentication;
  record.accountId = caller.accountId;
  record.secretId = caller.secretId;
  const source = { requestId, sourceAddress: request.ip };
  const result = await dispatch(call.value, { ...caller, ...source }, { ...deps, onLateError });
  return result.type === 'answered' ? result : { type: 'refused', ...result.failure };
}

/** What the log says of every call. */
function factsOf({ requestId, action, accountId, secretId }: CallRecord): Record<string, string> {
  // Before authentication the action is a text that anybody may have sent.
  return { requestId, action: echoText(action), accountId, secretId };
}

async function answer(request: FastifyRequest, reply: FastifyReply, deps: CloudApiRouteDeps): Promise<FastifyReply> {
  const record: CallRecord = { requestId: randomUUID(), language: 'en-US', action: '', accountId: '', secretId: '' };
  const startedMs = deps.now();
  const finished = deps.observer.callStarted();
  let result: CallResult;
  try {
    result = await processCall(request, record, deps);
  } catch (error) {
    finished(record.action, 'InternalError');
    deps.logger.error({ err: error, ...factsOf(record) }, 'cloud API call failed');
    return sendJson(reply, errorEnvelope(publicError('InternalError'), record.language, record.requestId));
  }
  const facts = { ...factsOf(record), durationMs: deps.now() - startedMs };
  if (result.type === 'answered') {
    finished(record.action, 'ok');
    deps.logger.debug(facts, 'cloud API call answered');
    return sendJson(reply, successEnvelope(result.response, record.requestId));
  }
  const { error, detail } = result;
  finished(record.action, error.code);
  const sourceAddress = record.accountId === '' ? request.ip : undefined;
  deps.logger.info({ ...facts, code: error.code, detail, sourceAddress }, 'cloud API call refused');
  // The rest of an oversized or stalled body must not be read as the next request.
  if (error.code === 'RequestSizeLimitExceeded' || error.code === 'InvalidRequest') reply.header('connection', 'close');
  return sendJson(reply, errorEnvelope(error, record.language, record.requestId));
}

/** Registers `/` of Cloud API 3.0. Every reply there is HTTP 200 with the envelope. */
export function registerApiRoute(fastify: FastifyInstance, deps: CloudApiRouteDeps): void {
  fastify.register(async (scope) => {
    useRawBodies(scope, cloudApiLimits.jsonBodyBytes);
    // Fastify's own refusals, such as a malformed Content-Type.
    scope.setErrorHandler((error, _request, reply) => {
      const requestId = randomUUID();
      deps.logger.info({ err: error, requestId }, 'cloud API request could not be read');
      return sendJson(reply, errorEnvelope(publicError('InvalidRequest'), 'en-US', requestId));
    });
    scope.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/',
      exposeHeadRoute: false,
      handler: (request, reply) => answer(request, reply, deps),
    });
  });
}
