import type { applicationActions } from '@cloudstage/cloud-api';
import type { ActionHandlers } from '../handler.js';
import {
  handleCreateApplication,
  handleDeleteApplication,
  handleModifyApplicationBaseInfo,
  handleModifyMobileApplicationInfo,
} from './change-applications.js';
import {
  handleCreateApplicationSnapshot,
  handleCreateApplicationVersion,
  handleDeleteApplicationVersion,
  handleDescribeCosCredential,
  handleModifyApplicationVersion,
  handleSetApplicationVersionOnline,
} from './change-versions.js';
import {
  handleDescribeApplicationFileInfo,
  handleDescribeApplicationList,
  handleDescribeApplicationPathList,
  handleDescribeApplicationStatus,
  handleDescribeApplicationVersion,
} from './query-applications.js';

/** Handlers of applications, versions and packages. */
export const applicationHandlers: Pick<ActionHandlers, keyof typeof applicationActions> = {
  CreateApplication: handleCreateApplication,
  CreateApplicationSnapshot: handleCreateApplicationSnapshot,
  CreateApplicationVersion: handleCreateApplicationVersion,
  DeleteApplication: handleDeleteApplication,
  DeleteApplicationVersion: handleDeleteApplicationVersion,
  DescribeApplicationFileInfo: handleDescribeApplicationFileInfo,
  DescribeApplicationList: handleDescribeApplicationList,
  DescribeApplicationPathList: handleDescribeApplicationPathList,
  DescribeApplicationStatus: handleDescribeApplicationStatus,
  DescribeApplicationVersion: handleDescribeApplicationVersion,
  DescribeCosCredential: handleDescribeCosCredential,
  ModifyApplicationBaseInfo: handleModifyApplicationBaseInfo,
  ModifyApplicationVersion: handleModifyApplicationVersion,
  ModifyMobileApplicationInfo: handleModifyMobileApplicationInfo,
  SetApplicationVersionOnline: handleSetApplicationVersionOnline,
};
