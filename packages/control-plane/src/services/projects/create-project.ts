import { AppError, assertNever } from '@cloudstage/protocol';
import { holdApplication } from '../../db/applications.js';
import { holdBackgroundImageRow } from '../../db/background-images.js';
import { findProjectByName, insertProject } from '../../db/projects.js';
import { isUniqueViolation } from '../../db/rows.js';
import type { Executor, ProjectRow } from '../../db/schema.js';
import type { Caller } from '../contract.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';
import type { ProjectInput, ProjectProblem, ProjectServices } from './contract.js';
import { findSettingProblem, type ProjectSettings, withDefaults } from './settings.js';

/** A project to be made by an operator. */
export interface CreateProjectInput extends Partial<ProjectSettings> {
  readonly accountId: string;
  /** Unique in the account. */
  readonly name: string;
  /** The application of an EXCLUSIVE project, the default one of a SHARED project. */
  readonly applicationId: string;
  /** Restricts a SHARED project to these and `applicationId`; absent or empty: all applications of the account. */
  readonly sharedApplicationIds?: readonly string[];
}

/** Makes a project. Throws AppError `project-exists`, `project-settings-invalid`, `application-not-found`, `name-invalid`. */
export type CreateProject = (input: CreateProjectInput) => Promise<ProjectRow>;

/** Finds a project by name; null when there is none. */
export type FindProject = (accountId: string, name: string) => Promise<ProjectRow | null>;

/** True for a name that people can read in a list. */
export function isProjectName(name: string): boolean {
  return name.trim() !== '' && name.length <= 64;
}

/** What is wrong with settings that name a picture; it must be the account's. Inside the transaction that names it. */
export async function findReferenceProblem(
  executor: Executor,
  accountId: string,
  settings: ProjectSettings,
): Promise<ProjectProblem | null> {
  if (settings.backgroundImageId === null) return null;
  const image = await holdBackgroundImageRow(executor, settings.backgroundImageId);
  return image?.accountId === accountId ? null : { type: 'image-not-found' };
}

async function findApplicationProblem(
  executor: Executor,
  accountId: string,
  applicationId: string,
  category: ProjectSettings['category'],
): Promise<ProjectProblem | null> {
  const application = await holdApplication(executor, { accountId, applicationId });
  if (application === null) return { type: 'application-not-found', applicationId };
  const isMobile = application.kind === 'ApplicationAPK';
  return isMobile === (category === 'MOBILE') ? null : { type: 'category-mismatch' };
}

/** Use case CreateApplicationProject. */
export function createCreateApplicationProject(deps: ServiceDeps): ProjectServices['createApplicationProject'] {
  return async (caller, input) => {
    if (!isProjectName(input.name)) return { type: 'name-invalid' };
    const settings = withDefaults(input.settings, deps.settings.reconnectGraceMs);
    const problem = findSettingProblem(settings);
    if (problem !== null) return { type: 'setting-invalid', ...problem };
    const { applicationId } = input;
    if (applicationId === null && settings.type === 'EXCLUSIVE') {
      return { type: 'application-not-found', applicationId: '' };
    }
    try {
      return await deps.database.transaction((tx) => insert(deps, tx, caller, input, settings));
    } catch (error) {
      if (isUniqueViolation(error)) return { type: 'name-taken' };
      throw error;
    }
  };
}

async function insert(
  deps: ServiceDeps,
  tx: Executor,
  caller: Caller,
  input: ProjectInput,
  settings: ProjectSettings,
): Promise<{ readonly type: 'created'; readonly project: ProjectRow } | ProjectProblem> {
  const { accountId } = caller;
  const named = input.applicationId === null ? [] : [input.applicationId];
  for (const id of new Set([...named, ...input.sharedApplicationIds])) {
    const problem = await findApplicationProblem(tx, accountId, id, settings.category);
    if (problem !== null) return problem;
  }
  const problem = await findReferenceProblem(tx, accountId, settings);
  if (problem !== null) return problem;
  const project: ProjectRow = {
    id: createId('cap'),
    accountId,
    name: input.name,
    applicationId: input.applicationId,
    ...settings,
    // An operator turns it on afterwards.
    isRecorded: false,
    createdAt: deps.now(),
    deletedAt: null,
  };
  // Without a list of its own a SHARED project takes every application of the account.
  const restricted = settings.type === 'SHARED' && input.sharedApplicationIds.length > 0;
  await insertProject(tx, project, restricted ? [...new Set([...named, ...input.sharedApplicationIds])] : []);
  return { type: 'created', project };
}

/** Creates the use case with which an operator makes a project. */
export function createCreateProject(create: ProjectServices['createApplicationProject']): CreateProject {
  return async ({ accountId, name, applicationId, sharedApplicationIds = [], ...settings }) => {
    const caller = { accountId, requestId: '' };
    const outcome = await create(caller, { name, applicationId, sharedApplicationIds, settings });
    switch (outcome.type) {
      case 'created':
        return outcome.project;
      case 'name-invalid':
        throw new AppError('name-invalid', 'a name has 1 to 64 characters');
      case 'name-taken':
        throw new AppError('project-exists', `there is a project "${name}" already`);
      case 'setting-invalid':
        throw new AppError('project-settings-invalid', `${outcome.setting} ${outcome.message}`);
      case 'application-not-found':
        throw new AppError('application-not-found', `there is no application ${outcome.applicationId}`);
      case 'category-mismatch':
        throw new AppError('project-settings-invalid', 'the application is not of the category of the project');
      case 'image-not-found':
        throw new AppError('project-settings-invalid', 'backgroundImageId names no picture of the account');
      default:
        return assertNever(outcome, 'outcome of creating a project');
    }
  };
}

/** Creates the look-up. */
export function createFindProject(deps: ServiceDeps): FindProject {
  return (accountId, name) => findProjectByName(deps.database.executor, { accountId, name });
}
