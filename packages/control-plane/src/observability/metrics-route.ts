import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import type { Gauges } from './gauges.js';
import type { Metrics } from './metrics.js';

/** What {@link registerMetrics} needs. */
export interface MetricsRouteDeps {
  readonly metrics: Metrics;
  readonly gauges: Gauges;
  /** Bearer token that a scraper must send; `''`: none, then only this machine may ask. */
  readonly token: string;
  /** True on a port of its own, whose address decides who may ask. */
  readonly isOwnPort: boolean;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in constant time, whatever the lengths. */
function isSameText(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted));
}

/** True for a request that this machine sent itself, and not a proxy on it for somebody else. */
function isLocal(request: FastifyRequest): boolean {
  const { headers, socket } = request.raw;
  if (['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined)) return false;
  const address = socket.remoteAddress ?? '';
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

function mayRead(request: FastifyRequest, deps: MetricsRouteDeps): boolean {
  if (deps.token !== '') {
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    return given !== undefined && isSameText(given, deps.token);
  }
  return deps.isOwnPort || isLocal(request);
}

/** Registers `GET /metrics` in the text format of Prometheus. Who may not read it gets 403. */
export function registerMetrics(fastify: FastifyInstance, deps: MetricsRouteDeps): void {
  fastify.get('/metrics', async (request, reply) => {
    if (!mayRead(request, deps)) return reply.code(403).type('text/plain').send('forbidden\n');
    await deps.gauges.refresh();
    const { contentType, text } = await deps.metrics.render();
    return reply.header('content-type', contentType).send(text);
  });
}
