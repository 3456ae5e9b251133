export { copyPreparedDatabase } from '@cloudstage/control-plane/testing/database';
export {
  createPostgresDatabase,
  type EmptyDatabase,
  startPostgres,
} from '@cloudstage/control-plane/testing/postgres-cluster';
export { callNode } from './node-link.js';
export * from './pack-stamp.js';
export { freePort, repository, runDirOf } from './product.js';
export { launchBrowser } from './run-case.js';
export { registerStamp } from './sessions.js';
export * from './stamp/colours.js';
export * from './stamp/stamp-code.js';
