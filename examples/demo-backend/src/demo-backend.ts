import { basename, dirname } from 'node:path';
import cors from '@fastify/cors';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { answers } from './answers.js';
import { type CloudConfig, createCloudClient } from './cloud.js';
import { createEndpoints, reserveSlot } from './endpoints.js';
import { parseParameters, userIpOf } from './http.js';
import { limits } from './limits.js';
import {
  findWrongParameters,
  hasValidSign,
  type ParameterRule,
  type Parameters,
  parameterRules,
} from './parameters.js';
import { createQueueRunner } from './queue-runner.js';

/** Settings of {@link createDemoBackend}. */
export interface DemoBackendConfig {
  readonly listenAddress: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly cloud: CloudConfig;
  /** When set, requests must carry a `Sign` made with it. */
  readonly salt: string | null;
  /** Users who may wait; more are told that the queue is full. */
  readonly queueLength: number;
  /** Directory of the built demo page, or null for an interface without a page. */
  readonly pageDir: string | null;
  /** The browser SDK's bundle, served as `/tcgsdk.js`; null without a page. */
  readonly sdkFile: string | null;
  /** What the page starts; told to it by `GET /demo.json`. */
  readonly projectId: string;
}

/** A demo backend; it owns its port, its queue and its timer. */
export interface DemoBackend {
  /** Listens; rejects with the system's error when the port is taken. Returns the URL, without a final slash. */
  listen(): Promise<string>;
  /** Ends open requests and the queue; idempotent. */
  close(): Promise<void>;
}

/**
 * The backend of an integrator, as the vendor's demo does it: `POST /StartProject`, `/StopProject`, `/Enqueue`, `/Dequeue`
 * over the official cloud SDK, and the demo page.
 */
export function createDemoBackend(config: DemoBackendConfig, logger: Logger): DemoBackend {
  const cloud = createCloudClient(config.cloud);
  const queue = createQueueRunner({
    reserve: (user) => reserveSlot(cloud, user),
    logger,
    maxLength: config.queueLength,
  });
  const endpoints = createEndpoints({ cloud, queue, logger });
  const server = fastify({ bodyLimit: limits.bodyBytes, forceCloseConnections: true });
  acceptAnyBody(server);
  server.register(cors, {
    origin: '*',
    methods: ['DELETE', 'PUT', 'POST', 'GET', 'OPTIONS'],
    allowedHeaders: ['Content-Type'],
  });
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const rule = parameterRules[name as keyof typeof parameterRules];
    server.post(`/${name}`, async (request) => {
      const parameters = request.body as Parameters;
      const answer =
        refusalOf(parameters, rule, config.salt) ??
        (await endpoint({ parameters, userIp: userIpOf(request.headers, request.ip) }));
      return { RequestId: parameters.RequestId, ...answer };
    });
  }
  servePage(server, config);
  let closing: Promise<void> | null = null;
  return {
    listen: () => server.listen({ host: config.listenAddress, port: config.port }),
    close: () => {
      closing ??= Promise.all([server.close(), queue.close()]).then(() => undefined);
      return closing;
    },
  };
}

/** One parser for every content type: what counts is what the body holds. */
function acceptAnyBody(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    const parameters = parseParameters(String(body));
    if (parameters === null) done(Object.assign(new Error('body is neither JSON nor a form'), { statusCode: 400 }));
    else done(null, parameters);
  });
  // A POST without a body has no content type and never reaches a parser.
  server.addHook('preValidation', async (request) => {
    request.body ??= {};
  });
  server.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send({ status });
  });
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ status: 404 }));
}

function refusalOf(parameters: Parameters, rule: ParameterRule, salt: string | null) {
  const required = salt === null ? rule.required : [...rule.required, 'Sign'];
  if (findWrongParameters(parameters, { ...rule, required }).length > 0) return answers.missingParameter;
  if (salt !== null && !hasValidSign(parameters, salt)) return answers.invalidSign;
  return null;
}

function servePage(server: FastifyInstance, config: DemoBackendConfig): void {
  if (config.pageDir === null || config.sdkFile === null) return;
  const sdkFile = config.sdkFile;
  // The page is rebuilt under the same name: the browser asks each time, and gets 304.
  server.register(fastifyStatic, { root: config.pageDir, cacheControl: false });
  server.get('/tcgsdk.js', (_request, reply) => reply.sendFile(basename(sdkFile), dirname(sdkFile)));
  server.get('/demo.json', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { ProjectId: config.projectId };
  });
}
