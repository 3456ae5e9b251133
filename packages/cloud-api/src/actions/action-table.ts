import type { RequestType, ResponseType } from './action.js';
import {
  createApplication,
  createApplicationSnapshot,
  createApplicationVersion,
  deleteApplication,
  deleteApplicationVersion,
  modifyApplicationBaseInfo,
  modifyApplicationVersion,
  modifyMobileApplicationInfo,
  setApplicationVersionOnline,
} from './application-actions.js';
import {
  describeApplicationFileInfo,
  describeApplicationList,
  describeApplicationPathList,
  describeApplicationStatus,
  describeApplicationVersion,
  describeCosCredential,
} from './application-queries.js';
import { applyConcurrent } from './apply-concurrent.js';
import {
  bindConcurrentPackagesToProject,
  describeConcurrentPackages,
  describeConcurrentSummary,
  modifyConcurrentPackage,
  resetConcurrentPackages,
  unbindConcurrentPackagesFromProject,
} from './concurrency-actions.js';
import { createSession } from './create-session.js';
import { describeConcurrentCount } from './describe-concurrent-count.js';
import { destroySession } from './destroy-session.js';
import {
  createApplicationProject,
  deleteApplicationProjects,
  describeApplicationProjectAdvancedConfig,
  describeApplicationProjects,
  modifyApplicationProject,
} from './project-actions.js';
import { startPublishStream, startPublishStreamWithURL, stopPublishStream } from './stream-actions.js';

/** Sessions of users. */
export const sessionActions = {
  ApplyConcurrent: applyConcurrent,
  CreateSession: createSession,
  DestroySession: destroySession,
} as const;

/** Live pushes. */
export const streamActions = {
  StartPublishStream: startPublishStream,
  StartPublishStreamWithURL: startPublishStreamWithURL,
  StopPublishStream: stopPublishStream,
} as const;

/** Applications, versions and packages. */
export const applicationActions = {
  CreateApplication: createApplication,
  CreateApplicationSnapshot: createApplicationSnapshot,
  CreateApplicationVersion: createApplicationVersion,
  DeleteApplication: deleteApplication,
  DeleteApplicationVersion: deleteApplicationVersion,
  DescribeApplicationFileInfo: describeApplicationFileInfo,
  DescribeApplicationList: describeApplicationList,
  DescribeApplicationPathList: describeApplicationPathList,
  DescribeApplicationStatus: describeApplicationStatus,
  DescribeApplicationVersion: describeApplicationVersion,
  DescribeCosCredential: describeCosCredential,
  ModifyApplicationBaseInfo: modifyApplicationBaseInfo,
  ModifyApplicationVersion: modifyApplicationVersion,
  ModifyMobileApplicationInfo: modifyMobileApplicationInfo,
  SetApplicationVersionOnline: setApplicationVersionOnline,
} as const;

/** Projects. */
export const projectActions = {
  CreateApplicationProject: createApplicationProject,
  DeleteApplicationProjects: deleteApplicationProjects,
  DescribeApplicationProjectAdvancedConfig: describeApplicationProjectAdvancedConfig,
  DescribeApplicationProjects: describeApplicationProjects,
  ModifyApplicationProject: modifyApplicationProject,
} as const;

/** Counts of concurrency. */
export const countActions = {
  DescribeConcurrentCount: describeConcurrentCount,
} as const;

/** Concurrency packages. */
export const packageActions = {
  BindConcurrentPackagesToProject: bindConcurrentPackagesToProject,
  DescribeConcurrentPackages: describeConcurrentPackages,
  DescribeConcurrentSummary: describeConcurrentSummary,
  ModifyConcurrentPackage: modifyConcurrentPackage,
  ResetConcurrentPackages: resetConcurrentPackages,
  UnbindConcurrentPackagesFromProject: unbindConcurrentPackagesFromProject,
} as const;

/** Every action of the API, by its public name, in the order of the reference. */
export const allActions = {
  ...sessionActions,
  ...streamActions,
  ...applicationActions,
  ...projectActions,
  ...countActions,
  ...packageActions,
} as const;

/** Public name of an action. */
export type AnyActionName = keyof typeof allActions;

/** All names, in the order of the reference. */
export const allActionNames: readonly AnyActionName[] = Object.freeze(Object.keys(allActions) as AnyActionName[]);

/** Every action the API offers, by its public name. A name that is not here is `InvalidAction`. */
export const actions = {
  ...sessionActions,
  ...applicationActions,
  ...streamActions,
  ...projectActions,
  ...countActions,
  ...packageActions,
} as const;

/** Public name of an offered action. */
export type ActionName = keyof typeof actions;

/** Request of an action as the caller sends it. */
export type ActionRequest<N extends AnyActionName> = RequestType<(typeof allActions)[N]>;

/** Response of an action without `RequestId`. */
export type ActionResponse<N extends AnyActionName> = ResponseType<(typeof allActions)[N]>;

/** All names, in the order of the table. */
export const actionNames: readonly ActionName[] = Object.freeze(Object.keys(actions) as ActionName[]);

/** True when `name` is offered. Exact spelling, as on the platform. */
export function isActionName(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}
