/** Bounds of the page's waits and retries, each with its reason. */
export const limits = {
  /** The cloud API may take 20 s for ApplyConcurrent and 5 s for CreateSession. */
  startRequestMs: 35_000,
  /** Queue calls answer at once or after one ApplyConcurrent. */
  queueRequestMs: 25_000,
  /** The offer is made within milliseconds; a blocked browser never makes it. */
  initMs: 10_000,
  /** From the answer to the first picture: a program needs a second or two, a slow network as much. */
  firstPictureMs: 30_000,
  /** The backend tries the head of its queue once a second. */
  queuePollMs: 1_000,
  /** Queue calls that may fail in a row before the page gives up. */
  queuePollFailures: 5,
  /** Refusals such as "still stopping" that pass by themselves, one a second. */
  temporaryRefusals: 20,
  temporaryRefusalMs: 1_000,
  /** A program waits 120 s for its user by default: 24 attempts, up to 5 s apart, cover that. */
  reconnectAttempts: 24,
  /** Before the first picture, a loss is more likely a program that ends at once than a bad network. */
  firstPictureAttempts: 3,
  reconnectFirstDelayMs: 200,
  reconnectMaxDelayMs: 5_000,
  /** Length of a UserId in the cloud API. */
  userIdChars: 128,
} as const;
