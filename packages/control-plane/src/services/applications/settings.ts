/** Bounds of applications, from the configuration. Times are milliseconds. */
export interface ApplicationSettings {
  /** Versions of one application. */
  readonly maxVersions: number;
  /** Applications of one account. */
  readonly maxApplications: number;
  /** How long a control plane that unpacks a package may be silent before another one starts over. */
  readonly ingestLeaseMs: number;
  /** Packages that one control plane unpacks at a time. */
  readonly maxParallelIngests: number;
}
