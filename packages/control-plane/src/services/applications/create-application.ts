import { AppError } from '@cloudstage/protocol';
import { findApplicationByName, insertApplication, lockAndCountApplications } from '../../db/applications.js';
import { isUniqueViolation } from '../../db/rows.js';
import type { ApplicationKind, ApplicationRow } from '../../db/schema.js';
import { normaliseProgramPath } from '../../storage/program-path.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import type { ApplicationServices, InvalidInput } from './contract.js';

/** A program to be registered. */
export interface CreateApplicationInput {
  readonly accountId: string;
  /** Unique in the account, at most 64 characters. */
  readonly name: string;
  readonly kind: ApplicationKind;
  /** Program file, relative to the package root; see `normaliseProgramPath`. */
  readonly entryPath: string;
  /** Arguments that every run gets first. */
  readonly args: readonly string[];
}

/** Registers an application. Throws AppError `application-exists`, `application-limit`, `name-invalid`. */
export type CreateApplication = (input: CreateApplicationInput) => Promise<ApplicationRow>;

/** Finds an application by name; null when there is none. */
export type FindApplication = (accountId: string, name: string) => Promise<ApplicationRow | null>;

/** Whether people can read a name in lists. */
export function isDisplayName(name: string): boolean {
  return name.trim() !== '' && name.length <= 64;
}

/** A name that people see in lists. Throws AppError `name-invalid`. */
export function checkName(name: string): void {
  if (!isDisplayName(name)) throw new AppError('name-invalid', 'a name has 1 to 64 characters');
}

/** Refusal of a name. */
export const invalidName: InvalidInput = { type: 'invalid', field: 'name', message: 'a name has 1 to 64 characters' };

/** Refusal of a name that another application of the account has. */
export const takenName: InvalidInput = {
  type: 'invalid',
  field: 'name',
  message: 'another application of the account has this name',
};

type Added =
  | { readonly type: 'added'; readonly application: ApplicationRow }
  | { readonly type: 'name-taken' }
  | { readonly type: 'application-limit' };

async function addApplication(
  deps: ServiceDeps,
  row: Pick<ApplicationRow, 'accountId' | 'name' | 'kind' | 'entryPath' | 'args'>,
): Promise<Added> {
  const { maxApplications } = deps.settings.applications;
  try {
    return await deps.database.transaction(async (tx): Promise<Added> => {
      if ((await lockAndCountApplications(tx, row.accountId)) >= maxApplications) return { type: 'application-limit' };
      const application = await insertApplication(tx, { ...row, id: createId('app'), createdAt: deps.now() });
      return { type: 'added', application };
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    return { type: 'name-taken' };
  }
}

/** Creates the operator's use case: the program is known beforehand. */
export function createCreateApplication(deps: ServiceDeps): CreateApplication {
  return async ({ accountId, name, kind, entryPath, args }) => {
    checkName(name);
    const added = await addApplication(deps, {
      accountId,
      name,
      kind,
      entryPath: normaliseProgramPath(entryPath),
      args,
    });
    if (added.type === 'name-taken') {
      throw new AppError('application-exists', `there is an application "${name}" already`);
    }
    if (added.type === 'application-limit') {
      const { maxApplications } = deps.settings.applications;
      throw new AppError('application-limit', `an account has at most ${maxApplications} applications`);
    }
    return added.application;
  };
}

/** Creates the use case of the API: the program is chosen when the package is there. */
export function createCreateApplicationRecord(deps: ServiceDeps): ApplicationServices['createApplicationRecord'] {
  return async ({ accountId }, { name, kind }) => {
    if (!isDisplayName(name)) return invalidName;
    const added = await addApplication(deps, { accountId, name, kind, entryPath: null, args: [] });
    if (added.type === 'added') return { type: 'created', applicationId: added.application.id };
    if (added.type === 'name-taken') return added;
    return { type: 'application-limit', maxApplications: deps.settings.applications.maxApplications };
  };
}

/** Creates the look-up. */
export function createFindApplication(deps: ServiceDeps): FindApplication {
  return (accountId, name) => findApplicationByName(deps.database.executor, { accountId, name });
}
