import { Type } from 'typebox';
import { bothSites, defineAction } from './action.js';
import { categoryField, countField, optionalIdField, requestObject, responseObject } from './fields.js';

/** Counts slots: all of them, and those that are not idle. */
export const describeConcurrentCount = defineAction({
  summary: 'Counts concurrencies: all of them, and those that are not idle',
  group: 'concurrency',
  kind: 'query',
  request: requestObject({
    ProjectId: optionalIdField('Project (cap-…); empty or absent: all projects of the account'),
    ApplicationCategory: Type.Optional(categoryField()),
  }),
  response: responseObject({
    Total: countField('All concurrencies'),
    Running: countField('Those prelaunching, connected, waiting for a reconnect, or being cleaned'),
  }),
  rateLimitPerSecond: 20,
  serverTimeoutMs: null,
  errorCodes: [
    'AuthFailure',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
  ],
  compatibility: {
    sites: bothSites,
    honoured: 'All parameters; `ApplicationCategory` is known to the SDK of the China site only.',
    decided: [
      'An unknown project is `InvalidParameterValue`.',
      'With `ApplicationCategory=MOBILE` both counts are 0: no node runs APK packages.',
    ],
  },
});
