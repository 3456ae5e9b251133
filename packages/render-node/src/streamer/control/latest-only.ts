/** Runs at most one job at a time; of those that come meanwhile only the latest is run, the others get `skipped`. */
export function createLatestOnly<A, R>(work: (argument: A) => Promise<R>, skipped: R): (argument: A) => Promise<R> {
  let isBusy = false;
  let next: { argument: A; resolve: (result: R) => void } | undefined;
  const run = async (argument: A): Promise<R> => {
    isBusy = true;
    try {
      return await work(argument);
    } finally {
      isBusy = false;
      const job = next;
      next = undefined;
      if (job !== undefined) void run(job.argument).then(job.resolve, () => job.resolve(skipped));
    }
  };
  return (argument) => {
    if (!isBusy) return run(argument);
    next?.resolve(skipped);
    return new Promise((resolve) => {
      next = { argument, resolve };
    });
  };
}
