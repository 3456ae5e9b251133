import { createHttpTarget, type HttpAccess } from './http-target.js';
import type { Workload } from './options.js';
import { measure } from './workload.js';

/** What the bench tells its client process. */
export interface WorkerOrder {
  readonly access: HttpAccess;
  readonly workload: Workload;
  readonly clients: number;
  readonly seconds: number;
  readonly run: string;
}

/** The clients are a process of their own, so that they do not wait in the server's event loop, nor it in theirs. */
process.once('disconnect', () => process.exit());
process.once('message', (order: WorkerOrder) => {
  measure(createHttpTarget(order.access), order.workload, order).then(
    (measurement) => {
      process.send?.(measurement);
      process.disconnect();
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
