import { AppError } from '@cloudstage/protocol';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { holdApplication } from '../../db/applications.js';
import { findProjectByName, insertProject } from '../../db/projects.js';
import { isUniqueViolation } from '../../db/rows.js';
import type { ProjectRow } from '../../db/schema.js';
import { concurrencyTypeNames } from '../../domain/concurrency-types.js';
import { domainLimits } from '../../domain/limits.js';
import { splitArguments } from '../../domain/program-arguments.js';
import { checkName } from '../applications/create-application.js';
import type { ServiceDeps } from '../deps.js';
import { createId } from '../ids.js';

/** Run settings of a project and what they are without a wish. */
export const ProjectSettingsSchema = Type.Object(
  {
    type: Type.Union([Type.Literal('EXCLUSIVE'), Type.Literal('SHARED')], { default: 'EXCLUSIVE' }),
    category: Type.Union([Type.Literal('DESKTOP'), Type.Literal('MOBILE')], { default: 'DESKTOP' }),
    width: Type.Integer({ minimum: 320, maximum: 3840, default: 1280, description: 'Width in pixels' }),
    height: Type.Integer({ minimum: 240, maximum: 2160, default: 720, description: 'Height in pixels' }),
    fps: Type.Integer({ minimum: 10, maximum: 60, default: 60, description: 'Highest frame rate' }),
    minBitrateBps: Type.Integer({ minimum: 100_000, maximum: 50_000_000, default: 1_000_000 }),
    maxBitrateBps: Type.Integer({ minimum: 500_000, maximum: 100_000_000, default: 8_000_000 }),
    reconnectGraceMs: Type.Integer({
      minimum: domainLimits.minReconnectGraceMs,
      maximum: domainLimits.maxReconnectGraceMs,
      description: 'How long the program waits for a client that has gone',
    }),
    concurrencyType: Type.Enum([...concurrencyTypeNames], {
      default: 'L1',
      description: 'Scale of the concurrency that sessions run on',
    }),
    isPreload: Type.Boolean({ default: false, description: 'EXCLUSIVE projects: hold the program running for users' }),
    preloadMs: Type.Integer({
      minimum: 0,
      maximum: 600_000,
      default: 30_000,
      description: 'Time that a preloaded program gets to load before a user is put on it',
    }),
    parameters: Type.String({ maxLength: 4_096, default: '', description: 'Program arguments' }),
    concurrencyLimit: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      default: null,
      description: 'Most simultaneous sessions; null: what the nodes have',
    }),
  },
  { additionalProperties: false },
);
/** Settings of a project. */
export type ProjectSettings = Static<typeof ProjectSettingsSchema>;

/** A project to be made. */
export interface CreateProjectInput extends Partial<ProjectSettings> {
  readonly accountId: string;
  /** Unique in the account. */
  readonly name: string;
  /** The application of an EXCLUSIVE project, the default one of a SHARED project. */
  readonly applicationId: string;
  /** Further applications of a SHARED project. */
  readonly sharedApplicationIds?: readonly string[];
}

/** Makes a project. Throws AppError `project-exists`, `project-settings-invalid`, `application-not-found`, `name-invalid`. */
export type CreateProject = (input: CreateProjectInput) => Promise<ProjectRow>;

/** Finds a project by name; null when there is none. */
export type FindProject = (accountId: string, name: string) => Promise<ProjectRow | null>;

/** Creates the use case. */
export function createCreateProject(deps: ServiceDeps): CreateProject {
  return async ({ accountId, name, applicationId, sharedApplicationIds = [], ...wishes }) => {
    checkName(name);
    const settings = completeSettings(wishes, deps.settings.reconnectGraceMs);
    const row: ProjectRow = { id: createId('cap'), accountId, name, applicationId, ...settings, createdAt: deps.now() };
    const applicationIds = settings.type === 'SHARED' ? [...new Set([applicationId, ...sharedApplicationIds])] : [];
    try {
      await deps.database.transaction(async (tx) => {
        for (const id of new Set([applicationId, ...applicationIds])) {
          if ((await holdApplication(tx, { accountId, applicationId: id })) === null) {
            throw new AppError('application-not-found', `there is no application ${id}`);
          }
        }
        await insertProject(tx, row, applicationIds);
      });
      return row;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new AppError('project-exists', `there is a project "${name}" already`, { cause: error });
    }
  };
}

function completeSettings(wishes: Partial<ProjectSettings>, reconnectGraceMs: number): ProjectSettings {
  const settings = Value.Default(ProjectSettingsSchema, { reconnectGraceMs, ...wishes });
  if (!Value.Check(ProjectSettingsSchema, settings)) {
    const first = Value.Errors(ProjectSettingsSchema, settings)[0];
    throw new AppError('project-settings-invalid', `${first?.instancePath ?? ''} ${first?.message ?? 'is wrong'}`);
  }
  if (settings.minBitrateBps > settings.maxBitrateBps) {
    throw new AppError('project-settings-invalid', 'minBitrateBps is above maxBitrateBps');
  }
  splitArguments(settings.parameters);
  return settings;
}

/** Creates the look-up. */
export function createFindProject(deps: ServiceDeps): FindProject {
  return (accountId, name) => findProjectByName(deps.database.executor, { accountId, name });
}
