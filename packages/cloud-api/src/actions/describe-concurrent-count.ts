import { Type } from 'typebox';
import { defineAction } from './action.js';
import { countField, enumField, optionalIdField, requestObject, responseObject } from './fields.js';

/** Counts slots: all of them, and those that are not idle. */
export const describeConcurrentCount = defineAction({
  summary: 'Counts concurrencies: all of them, and those that are not idle',
  group: 'concurrency',
  kind: 'query',
  request: requestObject({
    /** Empty or absent: all projects of the account. */
    ProjectId: optionalIdField(),
    ApplicationCategory: Type.Optional(enumField('DESKTOP', 'MOBILE')),
  }),
  response: responseObject({
    Total: countField(),
    /** Prelaunching, connected, waiting for a reconnect, or being cleaned. */
    Running: countField(),
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
});
