import type { FastifyInstance } from 'fastify';
import type { Services } from '../services/contract.js';

/**
 * Registers `GET /healthz` (the process lives: 200 always) and `GET /readyz` (200 when the database answers and has the right
 * schema, else 503 with the reason).
 */
export function registerHealth(fastify: FastifyInstance, services: Pick<Services, 'checkReady'>): void {
  fastify.get('/healthz', async () => ({ status: 'ok' }));
  fastify.get('/readyz', async (_request, reply) => {
    const { ready, reason } = await services.checkReady();
    return reply.code(ready ? 200 : 503).send(ready ? { status: 'ready' } : { status: 'not-ready', reason });
  });
}
