/** Bounds of the use cases, each with its reason. Times are milliseconds. */
export const serviceLimits = {
  /** Times ApplyConcurrent looks again after losing a race for a slot. */
  maxApplyAttempts: 5,
  /** Commands under way at once; what does not fit is repeated by the sweep or the node's next report. */
  maxBackgroundTasks: 512,
  /** Nothing is fetched for longer than this: 20 GiB at 100 Mbit/s take 29 minutes. */
  prefetchMs: 45 * 60_000,
  /** `node.describe` reads memory; a node that takes longer is in trouble. */
  describeMs: 5_000,
  /** Numbers for somebody who looks: worth a short wait, and never that of a scraper's whole deadline. */
  statisticsMs: 2_000,
  /** Nodes that are asked for numbers at once. */
  statisticsNodes: 200,
  /** Looking up the host of a push; the action's caller waits. */
  resolveMs: 2_000,
  /** Sessions waiting for their client at the start of the control plane get at least this long: the shortest grace. */
  resumeGraceMs: 40_000,
  /** Accounts: one listing shows them all, and an installation has customers, not users. */
  maxAccounts: 1_000,
  /** Keys of an account: several services and a rotation of each. */
  accessKeysPerAccount: 50,
  /** Patterns of one key: more than there are actions. */
  permissionsPerKey: 64,
  /** Source ranges of one key: they are compared one by one at each call. */
  sourceRangesPerKey: 32,
  /** Age at which a key is read again: another control plane's change takes effect within it. */
  signingKeyMs: 1_000,
  /** Keys that are remembered: more than sign calls within a second. */
  signingKeys: 2_000,
  /** The last use of a key is written this often: bounds the writes to one a minute for each key. */
  lastUsedMs: 60_000,
  /** Audit entries that wait for the database: ten seconds of 1,000 calls a second, some 10 MB. */
  auditQueue: 10_000,
  /** Audit entries of one statement. */
  auditBatch: 1_000,
  /** Audit entries wait this long for others: what a kill may lose of the frequent actions. */
  auditFlushMs: 100,
  /** Pause before entries that the database did not take are tried again. */
  auditRetryMs: 1_000,
  /** Attempts to store what waits when the control plane ends; what is left goes to the log. */
  auditFlushAttempts: 3,
  /** Audit entries of a page that does not say how many. */
  auditPage: 100,
  /** Most audit entries of a page. */
  maxAuditPage: 1_000,
  /** Old audit entries removed by one statement: it holds locks for milliseconds. */
  auditSweepRows: 5_000,
  /** Statements of one clean-up, once a minute: together more than 1,000 calls a second write. */
  auditSweepBatches: 20,
  /** Prelaunched sessions of other settings that one ApplyConcurrent passes over before it takes an idle slot. */
  maxStaleClaims: 8,
  /** Pause between two looks at a preloaded project: what it holds changes slowly, and a look costs a few statements. */
  prelaunchLookMs: 5_000,
  /** Preloaded projects looked at in one sweep. */
  maxPrelaunchLooks: 8,
  /** A user who needs the place of a prelaunched program gets this long before it is filled again. */
  prelaunchYieldMs: 30_000,
  /** Nobody waits for a prelaunch, and the node may have to fetch the package first. */
  prelaunchConnectMs: 30_000,
  /** Failures further back do not lengthen the pause of a project's prelaunches. */
  prelaunchFailureWindowMs: 3_600_000,
  /** Units of one package: each is a row. */
  maxPackageAmount: 10_000,
  /** Sessions on one page of the history: a screenful is 50. */
  maxSessionPage: 200,
  /** Nodes on one page of a list that does not say how many, and at most. */
  nodePage: 100,
  maxNodePage: 200,
  /** Events told of one session or by one look at the feed; a session that reconnects every minute makes 2,880 a day. */
  maxEventPage: 1_000,
  /** Usage records read at a time while they are exported: what is held in memory. */
  usagePage: 500,
  /** Time range of one usage query: a year of bills. */
  maxUsageRangeMs: 366 * 86_400_000,
  /** Lines of totals: a hundred projects over three months. */
  maxUsageTotals: 10_000,
  /** Pause between two looks for history that is old enough to go: it grows by the day. */
  historySweepPauseMs: 60_000,
  /** Recordings of one listing: older ones are on the next page. */
  maxListedRecordings: 1_000,
  /** Background images of one listing: an account has a handful. */
  maxListedImages: 1_000,
  /** Background image: a screen of 4K as JPEG; it is sent to every client that waits for its program. */
  maxImageBytes: 2 * 1024 * 1024,
} as const;
