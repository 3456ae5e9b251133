export type {
  AdminGrantPackageInput,
  ControlPlaneAdmin,
  FindOrCreateApplicationInput,
  FindOrCreateProjectInput,
} from './admin.js';
export {
  type CloudApiConfig,
  cloudApiServerOptions,
  defaultCloudApiConfig,
  registerCloudApi,
} from './cloud-api/index.js';
export { type ControlPlaneConfig, ControlPlaneConfigSchema, completeConfig } from './config.js';
export { type ControlPlane, type ControlPlaneDeps, controlPlaneVersion, createControlPlane } from './control-plane.js';
export { splitArguments } from './domain/program-arguments.js';
export type { SessionStateName } from './domain/session-state.js';
export { createInProcessNodeLink, type InProcessNodeLink } from './node-link/in-process.js';
export { createLogger, type LogDestination, type LoggerOptions, type LogLevel } from './observability/logger.js';
export type * from './services/accounts/contract.js';
export type { FirstAccessKey } from './services/accounts/first-access-key.js';
export type * from './services/audit/contract.js';
export type { ConcurrentPackage, GrantPackageInput } from './services/concurrency/contract.js';
export type * from './services/contract.js';
export type * from './services/nodes/contract.js';
export type { BackgroundImage, BackgroundImageListing } from './services/projects/contract.js';
export type { Recording } from './services/recordings/contract.js';
export type * from './services/sessions/contract.js';
export type { SessionSummary } from './services/sessions/list-sessions.js';
