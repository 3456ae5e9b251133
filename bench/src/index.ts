export * from './pack-stamp.js';
export * from './stamp/stamp-code.js';
