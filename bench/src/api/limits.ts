/** Sizes and bounds of the API bench, each with its reason. */
export const apiBenchLimits = {
  /** Slots of a simulated node. */
  slotsPerNode: 4,
  /** Node reports under way at once while nodes register: what the database's connections can take. */
  registering: 16,
  /** Every connection, prepared statement and just-in-time compiler is warm after it. */
  warmUpMs: 2_000,
  /** Nothing that is measured takes longer, unless it hangs. */
  callMs: 30_000,
  /** More than any machine so far has reached: slots for a run of reservations that are not ended. */
  reservationsPerSecond: 3_000,
  /** Pause before a client tries again that found no slot: other clients' slots are being cleaned. */
  noIdleMs: 2,
} as const;
