import type { ConcurrencyServices } from '../services/concurrency/contract.js';

/** Package use cases of an account to which nothing has been granted: every id is unknown. */
export function createMemoryPackages(): ConcurrencyServices {
  const unknown = (ids: readonly string[]) => ({ type: 'package-not-found' as const, ids: [...new Set(ids)] });
  return {
    bindPackages: async (_caller, input) => unknown(input.packageIds),
    unbindPackages: async (_caller, input) => unknown(input.packageIds),
    resetPackages: async (_caller, input) => unknown(input.packageIds),
    renamePackage: async (_caller, input) => unknown([input.packageId]),
    describePackages: async () => ({ total: 0, packages: [] }),
    describeSummary: async () => ({ granted: 0, hourlyRemainMs: 0 }),
  };
}
