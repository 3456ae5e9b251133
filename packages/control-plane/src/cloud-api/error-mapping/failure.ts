import type { PublicError } from '@cloudstage/cloud-api';

/** A failure as the caller sees it, and what only our log may know of it. */
export interface MappedFailure {
  readonly error: PublicError;
  /** For the log: may name paths and machines. */
  readonly detail?: string;
}

/** The failures of an outcome: all its types but the successful ones. */
export type FailureOf<Outcome extends { readonly type: string }, Success extends string> = Exclude<
  Outcome,
  { readonly type: Success }
>;
