export * from './channel-messages.js';
export * from './errors.js';
export * from './latency.js';
export * from './limits.js';
export * from './node-link.js';
export * from './package-manifest.js';
export * from './publish-url.js';
export * from './session-envelope.js';
