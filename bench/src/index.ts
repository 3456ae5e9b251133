export {
  createPostgresDatabase,
  type EmptyDatabase,
  startPostgres,
} from '@cloudstage/control-plane/testing/postgres-cluster';
export * from './pack-stamp.js';
export { freePort, repository, runDirOf } from './product.js';
export { launchBrowser, registerStamp } from './run-case.js';
export * from './stamp/stamp-code.js';
