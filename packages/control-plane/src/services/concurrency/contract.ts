import type { PackageStatus } from '../../domain/package-status.js';
import type { Caller } from '../contract.js';

/** A concurrency package. Times are epoch milliseconds. */
export interface ConcurrentPackage {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly type: string;
  readonly region: string;
  /** Concurrencies granted. */
  readonly amount: number;
  /** Of these, what the nodes of the region really have for the type. */
  readonly available: number;
  /** Concurrencies that are not idle, those of draining sessions included. */
  readonly using: number;
  readonly status: PackageStatus;
  readonly projectId: string | null;
  readonly createdAt: number;
  /** Null: never. */
  readonly expiresAt: number | null;
}

/** A page of packages; absent filters match all. */
export interface DescribePackagesInput {
  readonly offset: number;
  readonly limit: number;
  readonly ids?: readonly string[];
  readonly names?: readonly string[];
  readonly projectIds?: readonly string[];
  readonly types?: readonly string[];
  readonly regions?: readonly string[];
  readonly statuses?: readonly PackageStatus[];
}

/** Ids that name no package of the account (revoked ones do not count as one). */
export interface PackageNotFound {
  readonly type: 'package-not-found';
  readonly ids: readonly string[];
}

/** Outcome of binding packages: all of them, or none. */
export type BindPackagesOutcome =
  | { readonly type: 'bound' }
  | { readonly type: 'project-not-found' }
  | PackageNotFound
  /** Packages of another type than the project's. */
  | { readonly type: 'type-mismatch'; readonly ids: readonly string[]; readonly projectType: string }
  | { readonly type: 'package-expired'; readonly ids: readonly string[] };

/** Outcome of unbinding packages: all of them, or none. */
export type UnbindPackagesOutcome =
  /** Also for packages that were bound to nothing. */
  | { readonly type: 'unbound' }
  | { readonly type: 'project-not-found' }
  | PackageNotFound
  /** Packages that are not bound to the project that was named. */
  | { readonly type: 'not-bound'; readonly ids: readonly string[] };

/** Outcome of ending all sessions on packages. */
export type ResetPackagesOutcome = { readonly type: 'reset'; readonly sessions: number } | PackageNotFound;

/** Outcome of renaming a package. */
export type RenamePackageOutcome = { readonly type: 'renamed' } | PackageNotFound;

/** Totals of an account. */
export interface ConcurrencySummary {
  /** Concurrencies of all packages that have not expired. */
  readonly granted: number;
  /** Time that is left of hourly packages; this product has none. */
  readonly hourlyRemainMs: number;
}

/** Use cases of concurrency packages, as the API edge sees them. */
export interface ConcurrencyServices {
  /** Gives packages to a project. A bound one moves: its sessions run on, its free seats change hands at once. */
  bindPackages(
    caller: Caller,
    input: { readonly packageIds: readonly string[]; readonly projectId: string },
  ): Promise<BindPackagesOutcome>;
  /** Takes packages from their project; `projectId` is `''` when absent. Sessions run on. */
  unbindPackages(
    caller: Caller,
    input: { readonly packageIds: readonly string[]; readonly projectId: string },
  ): Promise<UnbindPackagesOutcome>;
  /** Lists packages, newest first. */
  describePackages(
    caller: Caller,
    input: DescribePackagesInput,
  ): Promise<{ readonly total: number; readonly packages: readonly ConcurrentPackage[] }>;
  /** Totals of the account. */
  describeSummary(caller: Caller): Promise<ConcurrencySummary>;
  /** Gives a package another name. */
  renamePackage(
    caller: Caller,
    input: { readonly packageId: string; readonly name: string },
  ): Promise<RenamePackageOutcome>;
  /** Ends every session on the packages as `kicked`; prelaunched ones too. */
  resetPackages(caller: Caller, input: { readonly packageIds: readonly string[] }): Promise<ResetPackagesOutcome>;
}

/** A package to be granted. */
export interface GrantPackageInput {
  readonly accountId: string;
  readonly name: string;
  readonly type: string;
  readonly region: string;
  readonly amount: number;
  /** Null: never. */
  readonly expiresAt: number | null;
  /** True: also more than the nodes have. What is counted never exceeds what they have. */
  readonly force: boolean;
}

/** Use cases of the operator, who is no account's. All throw named AppErrors. */
export interface PackageAdminServices {
  /**
   * Grants a package; it is bound to no project yet.
   * @throws AppError `package-name-invalid`, `package-type-unknown`, `package-region-invalid`, `package-amount-invalid`,
   *   `package-expiry-invalid`, `package-exceeds-capacity`, `account-not-found`.
   */
  grantPackage(input: GrantPackageInput): Promise<ConcurrentPackage>;
  /**
   * Changes the amount. What is above it and in use drains.
   * @throws AppError `package-not-found`, `package-amount-invalid`, `package-exceeds-capacity`.
   */
  resizePackage(input: {
    readonly packageId: string;
    readonly amount: number;
    readonly force: boolean;
  }): Promise<ConcurrentPackage>;
  /**
   * Moves the expiry; a time in the past expires the package now, one in the future revives it.
   * @throws AppError `package-not-found`, `package-expiry-invalid`.
   */
  setPackageExpiry(input: {
    readonly packageId: string;
    readonly expiresAt: number | null;
  }): Promise<ConcurrentPackage>;
  /**
   * Takes a package back: it is unbound, drains, and is removed with its last session.
   * @throws AppError `package-not-found`.
   */
  revokePackage(packageId: string): Promise<void>;
  /** Packages of an account (null: of all), newest first, at most 1,000; revoked ones while they drain. */
  listPackages(accountId: string | null): Promise<readonly ConcurrentPackage[]>;
}
