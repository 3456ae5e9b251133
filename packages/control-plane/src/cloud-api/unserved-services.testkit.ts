import type { ApplicationServices } from '../services/applications/contract.js';

const unserved = (): Promise<never> => Promise.reject(new Error('the services in memory have no applications'));

/** Use cases that tests of the edge do not call; the tests of the actions run on a real database. */
export const unservedApplications: ApplicationServices = {
  createApplicationRecord: unserved,
  createUploadVersion: unserved,
  issueUploadCredential: unserved,
  createSnapshot: unserved,
  deleteApplication: unserved,
  deleteVersion: unserved,
  publishVersion: unserved,
  renameVersion: unserved,
  modifyBaseInfo: unserved,
  renameMobileApplication: unserved,
  listApplications: unserved,
  describeApplicationStatus: unserved,
  listApplicationVersions: unserved,
  listPrograms: unserved,
  checkPackageFiles: unserved,
};
