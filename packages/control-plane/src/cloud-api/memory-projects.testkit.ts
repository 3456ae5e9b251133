import type { ProjectServices } from '../services/projects/contract.js';
import { projectDefaultsOf } from '../services/projects/settings.js';

/** Project use cases of an account without applications: nothing can be made, every id is unknown. */
export function createMemoryProjects(): ProjectServices {
  return {
    projectDefaults: projectDefaultsOf(120_000),
    createApplicationProject: async (_caller, input) => ({
      type: 'application-not-found',
      applicationId: input.applicationId ?? '',
    }),
    modifyApplicationProject: async () => ({ type: 'project-not-found' }),
    deleteApplicationProjects: async (_caller, { projectIds }) => ({
      type: 'project-not-found',
      projectId: projectIds[0] ?? '',
    }),
    describeApplicationProjects: async () => ({ projects: [], total: 0 }),
    describeApplicationProject: async () => ({ type: 'project-not-found' }),
    findBackgroundImage: async () => null,
  };
}
