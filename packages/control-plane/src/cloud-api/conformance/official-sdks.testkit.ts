import { createRequire } from 'node:module';

/** The official packages, exactly as published. */
const require = createRequire(import.meta.url);
const { car } = require('tencentcloud-sdk-nodejs/tencentcloud/services/car');
const { CommonClient } = require('tencentcloud-sdk-nodejs/tencentcloud/common/common_client');
const internationalCar = require('tencentcloud-sdk-nodejs-intl-en/tencentcloud/car').v20220110;
const Credential = require('tencentcloud-sdk-nodejs-intl-en/tencentcloud/common/credential');
const ClientProfile = require('tencentcloud-sdk-nodejs-intl-en/tencentcloud/common/profile/client_profile');
const HttpProfile = require('tencentcloud-sdk-nodejs-intl-en/tencentcloud/common/profile/http_profile');

/** Calls an action; rejects with the SDK's own error, which has `code`, `message` and `requestId`. */
export type Call = (action: string, request: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** How a package is set up. */
export interface SdkOptions {
  /** `host:port`. */
  readonly endpoint: string;
  readonly secretId: string;
  readonly secretKey: string;
  /** Undefined: the package's own default. */
  readonly signMethod?: string;
  readonly reqMethod?: string;
  readonly language?: string;
  readonly token?: string;
}

/** Seconds after which a package gives up. */
const timeoutSeconds = 15;

function chinaConfig(options: SdkOptions) {
  const {
    endpoint,
    secretId,
    secretKey,
    token,
    language,
    signMethod = 'TC3-HMAC-SHA256',
    reqMethod = 'POST',
  } = options;
  return {
    credential: { secretId, secretKey, ...(token === undefined ? {} : { token }) },
    region: '',
    profile: {
      signMethod,
      language,
      httpProfile: { endpoint, protocol: 'http://', reqMethod, reqTimeout: timeoutSeconds },
    },
  };
}

/** `tencentcloud-sdk-nodejs`: its seven actions, default TC3. */
export function chinaSdk(options: SdkOptions): Call {
  const client = new car.v20220110.Client(chinaConfig(options));
  return (action, request) => client[action](request);
}

/** The CommonClient of `tencentcloud-sdk-nodejs`: any action, and nothing of a response is dropped. */
export function commonSdk(options: SdkOptions): Call {
  const client = new CommonClient(options.endpoint, '2022-01-10', chinaConfig(options));
  return (action, request) => client.request(action, request);
}

/** `tencentcloud-sdk-nodejs-intl-en`: all 33 actions, default signature version 1 with HmacSHA256. */
export function internationalSdk(options: SdkOptions): Call {
  const http = new HttpProfile('http://', options.endpoint, options.reqMethod, timeoutSeconds);
  const credential = new Credential(options.secretId, options.secretKey);
  const client = new internationalCar.Client(credential, '', new ClientProfile(options.signMethod, http));
  return (action, fields) =>
    new Promise((resolve, reject) => {
      const request = new internationalCar.Models[`${action}Request`]();
      // As a customer does it: nested objects go through the package's models.
      request.deserialize(fields);
      client[action](request, (error: unknown, response: Record<string, unknown>) =>
        error === null ? resolve(response) : reject(error),
      );
    });
}
