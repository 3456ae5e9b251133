/** Bounds of the operator's side door, each with its reason. */
export const adminLimits = {
  /** Ids of one entry of the audit log. */
  auditTargets: 100,
  /** Characters of one text in the audit log: paths fit. */
  auditTextChars: 512,
  /** Items of one list in the audit log. */
  auditListItems: 50,
} as const;
