import { CloudGamingWebSDK } from './sdk.js';

/** Entry of the script: the globals of the official SDK. */
const TCGSDK = new CloudGamingWebSDK();
Object.assign(globalThis, { TCGSDK, CloudGamingWebSDK });
