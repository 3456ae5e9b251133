import { type CensusRow, takeCensus } from '../../db/census.js';
import type { ServiceDeps } from '../deps.js';

/** What the database counts for the metrics, and when. */
export interface Census {
  /** Epoch milliseconds. */
  readonly takenAt: number;
  readonly rows: readonly CensusRow[];
}

/** Counts slots, sessions and nodes, and the deadlines that have passed. */
export type TakeCensus = () => Promise<Census>;

/** Creates the use case. */
export function createTakeCensus(deps: ServiceDeps): TakeCensus {
  return async () => {
    const takenAt = deps.now();
    return { takenAt, rows: await takeCensus(deps.database.executor, takenAt) };
  };
}
