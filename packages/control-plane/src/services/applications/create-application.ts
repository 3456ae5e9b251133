import { AppError } from '@cloudstage/protocol';
import { findApplicationByName, insertApplication } from '../../db/applications.js';
import { isUniqueViolation } from '../../db/rows.js';
import type { ApplicationKind, ApplicationRow } from '../../db/schema.js';
import { normaliseProgramPath } from '../../storage/program-path.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';

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

/** Registers an application. Throws AppError `application-exists`, `name-invalid`. */
export type CreateApplication = (input: CreateApplicationInput) => Promise<ApplicationRow>;

/** Finds an application by name; null when there is none. */
export type FindApplication = (accountId: string, name: string) => Promise<ApplicationRow | null>;

/** A name that people see in lists. */
export function checkName(name: string): void {
  if (name.trim() === '' || name.length > 64) {
    throw new AppError('name-invalid', 'a name has 1 to 64 characters');
  }
}

/** Creates the use case. */
export function createCreateApplication(deps: ServiceDeps): CreateApplication {
  return async (input) => {
    checkName(input.name);
    const entryPath = normaliseProgramPath(input.entryPath);
    const row: ApplicationRow = { ...input, entryPath, id: createId('app'), createdAt: deps.now() };
    try {
      await insertApplication(deps.database.executor, row);
      return row;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new AppError('application-exists', `there is an application "${input.name}" already`, { cause: error });
    }
  };
}

/** Creates the look-up. */
export function createFindApplication(deps: ServiceDeps): FindApplication {
  return (accountId, name) => findApplicationByName(deps.database.executor, { accountId, name });
}
