/** Bounds of the main window's keeper, each with its reason. */
export const windowLimits = {
  /** Windows that are looked at; a program with more has its reasons, and its main window is among the first. */
  windows: 256,
  /** Titles and classes are compared up to this length, in units of four bytes. */
  textUnits: 256,
  /** A burst of new windows and titles is looked at once. */
  quietMs: 20,
} as const;
