import type { ActionHandlers } from '../handler.js';
import { handleCreateProject, handleDeleteProjects, handleModifyProject } from './project-changes.js';
import { handleDescribeAdvancedConfig, handleDescribeProjects } from './project-queries.js';

/** Handlers of the actions on projects. */
export const projectHandlers = {
  CreateApplicationProject: handleCreateProject,
  DeleteApplicationProjects: handleDeleteProjects,
  DescribeApplicationProjectAdvancedConfig: handleDescribeAdvancedConfig,
  DescribeApplicationProjects: handleDescribeProjects,
  ModifyApplicationProject: handleModifyProject,
} satisfies Partial<ActionHandlers>;
