export type { CloudConfig } from './cloud.js';
export { createDemoBackend, type DemoBackend, type DemoBackendConfig } from './demo-backend.js';
