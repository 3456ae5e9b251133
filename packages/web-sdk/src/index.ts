/** The browser SDK, compatible with TCGSDK. Its documentation is docs/guides/web-sdk.md. */
export type * from './api.js';
export type * from './api-events.js';
export type * from './api-options.js';
export { CloudGamingWebSDK, type TcgSdkConstructor } from './sdk.js';
