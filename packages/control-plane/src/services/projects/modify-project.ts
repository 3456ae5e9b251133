import { hasPackageOfOtherType } from '../../db/packages.js';
import { lockProject, updateProject } from '../../db/projects.js';
import { isUniqueViolation } from '../../db/rows.js';
import type { ProjectRow } from '../../db/schema.js';
import type { ServiceDeps } from '../deps.js';
import type { ProjectServices } from './contract.js';
import { findReferenceProblem, isProjectName } from './create-project.js';
import { findSettingProblem, type ProjectSettings, ProjectSettingsSchema } from './settings.js';

/** The settings in a row. */
function settingsOf(row: ProjectRow): ProjectSettings {
  const names = Object.keys(ProjectSettingsSchema.properties);
  // The row has a column for every setting, which the type of a new row checks.
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name))) as ProjectSettings;
}

/** Use case ModifyApplicationProject: what is not given stays; the result is checked as a whole. */
export function createModifyApplicationProject(deps: ServiceDeps): ProjectServices['modifyApplicationProject'] {
  return async (caller, change) => {
    if (change.name !== undefined && !isProjectName(change.name)) return { type: 'name-invalid' };
    try {
      return await deps.database.transaction(async (tx) => {
        const row = await lockProject(tx, { accountId: caller.accountId, projectId: change.projectId });
        if (row === null) return { type: 'project-not-found' };
        const settings = { ...settingsOf(row), ...change.settings };
        const problem = findSettingProblem(settings);
        if (problem !== null) return { type: 'setting-invalid', ...problem };
        const reference = await findReferenceProblem(tx, caller.accountId, settings);
        if (reference !== null) return reference;
        const { concurrencyType } = settings;
        if (concurrencyType !== row.concurrencyType && (await hasPackageOfOtherType(tx, row.id, concurrencyType))) {
          return { type: 'packages-bound' };
        }
        await updateProject(tx, row.id, { name: change.name ?? row.name, ...settings });
        return { type: 'modified' };
      });
    } catch (error) {
      if (isUniqueViolation(error)) return { type: 'name-taken' };
      throw error;
    }
  };
}
