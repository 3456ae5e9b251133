import type { FastifyInstance } from 'fastify';
import { observabilityLimits } from './limits.js';

/** Whether a part can work, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  readonly reason: string;
}

/** Asks one part. */
export type ReadinessCheck = () => Promise<Readiness>;

/** A part that does not answer in time is not ready. */
async function ask(check: ReadinessCheck): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(() => resolve({ ready: false, reason: 'a part does not answer' }), observabilityLimits.readyMs);
  });
  try {
    return await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Registers `GET /healthz` (the process lives: 200 always) and `GET /readyz` (200 when every part can work, else 503 with the
 * reasons).
 */
export function registerHealth(fastify: FastifyInstance, checks: readonly ReadinessCheck[]): void {
  fastify.get('/healthz', async () => ({ status: 'ok' }));
  fastify.get('/readyz', async (_request, reply) => {
    const failed = (await Promise.all(checks.map(ask))).filter(({ ready }) => !ready);
    if (failed.length === 0) return { status: 'ready' };
    const reason = [...new Set(failed.map((part) => part.reason))].join('; ');
    return reply.code(503).send({ status: 'not-ready', reason });
  });
}
