import { mapDeleteProjects, mapProjectProblem } from '../../error-mapping/projects.js';
import type { ActionHandler } from '../handler.js';
import { decodeSettings } from './settings.js';

/** CreateApplicationProject. */
export const handleCreateProject: ActionHandler<'CreateApplicationProject'> = async (
  { services, caller },
  { Name, ApplicationId, ProjectType, ProjectCategory, ...request },
) => {
  const decoded = decodeSettings(request, services.projectDefaults);
  if (decoded.type === 'refused') return { type: 'refused', failure: { error: decoded.error } };
  const outcome = await services.createApplicationProject(caller, {
    name: Name,
    applicationId: ApplicationId === '' ? null : ApplicationId,
    sharedApplicationIds: [],
    settings: { ...decoded.settings, type: ProjectType ?? 'EXCLUSIVE', category: ProjectCategory ?? 'DESKTOP' },
  });
  if (outcome.type === 'created') return { type: 'answered', response: { ProjectId: outcome.project.id } };
  return { type: 'refused', failure: mapProjectProblem(outcome) };
};

/** ModifyApplicationProject: what is not given stays. */
export const handleModifyProject: ActionHandler<'ModifyApplicationProject'> = async (
  { services, caller },
  { ProjectId, Name, Description, ...request },
) => {
  const decoded = decodeSettings(request, services.projectDefaults);
  if (decoded.type === 'refused') return { type: 'refused', failure: { error: decoded.error } };
  const outcome = await services.modifyApplicationProject(caller, {
    projectId: ProjectId,
    ...(Name === undefined ? {} : { name: Name }),
    settings: { ...decoded.settings, ...(Description === undefined ? {} : { description: Description }) },
  });
  if (outcome.type === 'modified') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapProjectProblem(outcome) };
};

/** DeleteApplicationProjects: all, or none. */
export const handleDeleteProjects: ActionHandler<'DeleteApplicationProjects'> = async (
  { services, caller },
  request,
) => {
  const outcome = await services.deleteApplicationProjects(caller, { projectIds: request.ProjectIds });
  if (outcome.type === 'deleted') return { type: 'answered', response: {} };
  return { type: 'refused', failure: mapDeleteProjects(outcome) };
};
