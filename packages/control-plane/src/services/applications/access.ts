import { findApplication, lockApplication } from '../../db/applications.js';
import type { ApplicationRow, Executor } from '../../db/schema.js';
import type { Caller } from '../contract.js';
import type { ApplicationLocked, ApplicationNotFound } from './contract.js';

/** The application is not there for anybody but its account, nor when it has been deleted. */
export const applicationNotFound: ApplicationNotFound = { type: 'application-not-found' };

/** What a caller asked for, or why it cannot be had. */
export type Access = { readonly type: 'granted'; readonly application: ApplicationRow } | ApplicationNotFound;

/** The same for changes, which an application that is being deleted does not take. */
export type ChangeAccess = Access | ApplicationLocked;

function grant(caller: Caller, application: ApplicationRow | null): Access {
  if (application === null || application.accountId !== caller.accountId || application.state === 'deleted') {
    return applicationNotFound;
  }
  return { type: 'granted', application };
}

/** Finds an application of the caller for reading. */
export async function accessApplication(executor: Executor, caller: Caller, applicationId: string): Promise<Access> {
  return grant(caller, await findApplication(executor, applicationId));
}

/** Locks an application of the caller for a change of it or its versions. */
export async function accessForChange(
  executor: Executor,
  caller: Caller,
  applicationId: string,
): Promise<ChangeAccess> {
  const access = grant(caller, await lockApplication(executor, applicationId));
  if (access.type !== 'granted' || access.application.state === 'active') return access;
  return { type: 'application-locked', message: 'the application is being deleted' };
}
