import { AppError, type NodeLink } from '@cloudstage/protocol';
import type { Database } from '../db/open.js';
import type { Ingest } from '../storage/ingest.js';
import type { Metrics } from './metrics.js';

const secondsSince = (startedMs: number): number => (performance.now() - startedMs) / 1_000;

/** Code of a failure: those of our own are few and fixed, everything else is `failed`. */
const codeOf = (error: unknown): string => (error instanceof AppError ? error.code : 'failed');

/** A node link whose commands are measured. */
export function measureNodeLink(link: NodeLink, metrics: Metrics): NodeLink {
  return {
    onEvent: (handler) => link.onEvent(handler),
    serveObjects: (open) => link.serveObjects(open),
    acceptRecordings: (store) => link.acceptRecordings(store),
    close: () => link.close(),
    openMedia: (nodeId, params, options) => link.openMedia(nodeId, params, options),
    call: async (nodeId, method, params, options) => {
      const startedMs = performance.now();
      try {
        const result = await link.call(nodeId, method, params, options);
        metrics.nodeCommand(method, result.ok ? 'ok' : result.code, secondsSince(startedMs));
        return result;
      } catch (error) {
        metrics.nodeCommand(method, codeOf(error), secondsSince(startedMs));
        throw error;
      }
    },
  };
}

/** A database whose transactions are measured. */
export function measureDatabase(database: Database, metrics: Metrics): Database {
  return {
    executor: database.executor,
    exclusive: database.exclusive,
    poolStats: () => database.poolStats(),
    close: () => database.close(),
    transaction: async (work) => {
      const startedMs = performance.now();
      let outcome: 'ok' | 'failed' = 'failed';
      try {
        const result = await database.transaction(work);
        outcome = 'ok';
        return result;
      } finally {
        metrics.databaseWork('transaction', outcome, secondsSince(startedMs));
      }
    },
  };
}

/** An ingest whose runs are measured. */
export function measureIngest(ingest: Ingest, metrics: Metrics): Ingest {
  return async (input) => {
    const startedMs = performance.now();
    try {
      const stored = await ingest(input);
      metrics.ingest('ok', secondsSince(startedMs));
      return stored;
    } catch (error) {
      metrics.ingest(codeOf(error), secondsSince(startedMs));
      throw error;
    }
  };
}

/** A sweep whose runs are measured. */
export function measureSweep(sweep: () => Promise<void>, metrics: Metrics): () => Promise<void> {
  return async () => {
    const startedMs = performance.now();
    try {
      await sweep();
      metrics.sweep('ok', secondsSince(startedMs));
    } catch (error) {
      metrics.sweep('failed', secondsSince(startedMs));
      throw error;
    }
  };
}
