import carModule from 'tencentcloud-sdk-nodejs/tencentcloud/services/car/index.js';
import type { CloudErrorAnswer } from './answers.js';
import { limits } from './limits.js';

/** How to reach the cloud API. */
export interface CloudConfig {
  /** `http://127.0.0.1:8080`, or `https://car.tencentcloudapi.com`: the one setting that tells them apart. */
  readonly url: string;
  readonly secretId: string;
  readonly secretKey: string;
  readonly region: string;
}

/** The client of the official SDK for the product "car". */
export type CloudClient = InstanceType<typeof carModule.car.v20220110.Client>;

/** Makes the official client for `config`. Only its endpoint and protocol differ from a client of Tencent Cloud. */
export function createCloudClient(config: CloudConfig): CloudClient {
  const url = new URL(config.url);
  return new carModule.car.v20220110.Client({
    credential: { secretId: config.secretId, secretKey: config.secretKey },
    region: config.region,
    profile: {
      signMethod: 'TC3-HMAC-SHA256',
      httpProfile: {
        endpoint: url.host,
        protocol: `${url.protocol}//`,
        reqMethod: 'POST',
        reqTimeout: limits.cloudCallSeconds,
      },
    },
  });
}

/** Public part of what a call of the client threw: its code, and `ClientError` when the API could not be reached. */
export function cloudErrorOf(error: unknown): CloudErrorAnswer {
  if (!(error instanceof Error)) return { code: 'ClientError', message: String(error), requestId: '' };
  const { code, requestId } = error as { code?: unknown; requestId?: unknown };
  return {
    code: typeof code === 'string' && code !== '' ? code : 'ClientError',
    message: error.message,
    requestId: typeof requestId === 'string' ? requestId : '',
  };
}
