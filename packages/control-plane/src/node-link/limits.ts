/** Bounds of the node link, each with its reason. */
export const nodeLinkLimits = {
  /** Reports of one node that wait for the control plane: minutes of them; beyond, the database is down and the node must hold on. */
  maxPendingEvents: 10_000,
  /** Times a report is delivered before the node is told that it is not through. */
  maxDeliveryAttempts: 3,
} as const;
