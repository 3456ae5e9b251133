export { createAdminClient } from './admin/client.js';
export type { AdminClient, AdminInput, AdminOperationName, AdminOutput } from './admin/contract.js';
export { type LoadConfigOptions, type LoadedConfig, loadConfig } from './config/load.js';
export { type CloudstageConfig, CloudstageConfigSchema } from './config/schema.js';
export { createProgram } from './program.js';
