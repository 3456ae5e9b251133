import type { ObjectStore } from '../../storage/object-store.js';
import type { ServiceDeps } from '../deps.js';
import type { SendEndOrder } from '../sessions/end-order.js';
import {
  type AddBackgroundImage,
  createAddBackgroundImage,
  createFindBackgroundImage,
  createListBackgroundImages,
  createRemoveBackgroundImage,
  type ListBackgroundImages,
  type RemoveBackgroundImage,
} from './background-images.js';
import type { ProjectServices } from './contract.js';
import {
  type CreateProject,
  createCreateApplicationProject,
  createCreateProject,
  createFindProject,
  type FindProject,
} from './create-project.js';
import { createDeleteApplicationProjects } from './delete-projects.js';
import { createModifyApplicationProject } from './modify-project.js';
import { createDescribeApplicationProject, createDescribeApplicationProjects } from './query-projects.js';
import { projectDefaultsOf } from './settings.js';

/** Projects as the edges and the operators use them. */
export interface AllProjectServices extends ProjectServices {
  readonly createProject: CreateProject;
  readonly findProject: FindProject;
  readonly addBackgroundImage: AddBackgroundImage;
  readonly listBackgroundImages: ListBackgroundImages;
  readonly removeBackgroundImage: RemoveBackgroundImage;
}

/** Creates the use cases about projects. */
export function createProjectServices(
  deps: ServiceDeps,
  store: ObjectStore,
  sendEndOrder: SendEndOrder,
): AllProjectServices {
  const createApplicationProject = createCreateApplicationProject(deps);
  return {
    projectDefaults: projectDefaultsOf(deps.settings.reconnectGraceMs),
    createApplicationProject,
    modifyApplicationProject: createModifyApplicationProject(deps),
    deleteApplicationProjects: createDeleteApplicationProjects(deps, sendEndOrder),
    describeApplicationProjects: createDescribeApplicationProjects(deps),
    describeApplicationProject: createDescribeApplicationProject(deps),
    findBackgroundImage: createFindBackgroundImage(deps, store),
    createProject: createCreateProject(createApplicationProject),
    findProject: createFindProject(deps),
    addBackgroundImage: createAddBackgroundImage(deps, store),
    listBackgroundImages: createListBackgroundImages(deps),
    removeBackgroundImage: createRemoveBackgroundImage(deps),
  };
}
