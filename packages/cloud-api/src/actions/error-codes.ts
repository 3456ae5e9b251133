import type { ErrorCode } from '../errors/error-table.js';

/** Every action on applications and versions documents these. */
const checked = ['InternalError', 'InvalidParameter', 'InvalidParameterValue'] as const satisfies readonly ErrorCode[];

/** Codes of an action on applications, sorted: what all have, and its own. */
export const applicationCodes = (...own: readonly ErrorCode[]): readonly ErrorCode[] => [...checked, ...own].sort();

/** Codes of an action on one application that exists. */
export const existingCodes = (...own: readonly ErrorCode[]): readonly ErrorCode[] =>
  applicationCodes('FailedOperation.ApplicationNotFind', ...own);

/** Codes of an action that locks an application, to change it or its versions. */
export const lockingCodes = (...own: readonly ErrorCode[]): readonly ErrorCode[] =>
  existingCodes('FailedOperation.ApplicationLockFail', ...own);
