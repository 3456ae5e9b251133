/** Bounds of logs and metrics, each with its reason. Times are milliseconds. */
export const observabilityLimits = {
  /** Characters of one text in the log: a stack trace fits, a body does not. */
  logTextChars: 16_384,
  /** Items of one list in the log. */
  logListItems: 100,
  /** Age up to which counts from the database are shown again: several scrapers cost no more than one. */
  gaugesMs: 5_000,
  /** Regions with a label of their own; nodes name their region themselves. */
  regionLabels: 100,
  /** Nodes with a label of their own; each has some 180 series. */
  nodeLabels: 50,
  /** Reasons of dropped packets with a label of their own; a port mux of this version knows nine. */
  dropReasons: 16,
  /** Between two looks at how late the event loop is; every 10 ms, the default, would wake an idle process a hundred times a second. Part of what is measured. */
  eventLoopSampleMs: 100,
  /** What `/readyz` waits for: a probe gives up after a few seconds itself. */
  readyMs: 3_000,
} as const;
