import type { TcgSdk } from './api.js';
import { createInputApi } from './input-api.js';
import { createLifecycleApi } from './lifecycle-api.js';
import { createMediaApi } from './media-api.js';
import { SdkCore } from './sdk-core.js';
import { createCursorApi, createViewApi } from './view-api.js';

class Sdk {
  constructor() {
    const core = new SdkCore();
    // Methods are own properties, so that pages may pass them around without binding.
    const view = { ...createCursorApi(core), ...createViewApi(core), ...createMediaApi(core) };
    Object.assign(this, createLifecycleApi(core), createInputApi(core), view);
  }
}

/** Constructor of SDKs. */
export interface TcgSdkConstructor {
  /** A new SDK, independent of every other. */
  new (): TcgSdk;
}

/** The SDK's class. A page may have several at a time, each with its own mount. */
export const CloudGamingWebSDK = Sdk as unknown as TcgSdkConstructor;
