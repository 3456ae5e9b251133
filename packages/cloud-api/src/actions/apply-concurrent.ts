import { defineAction } from './action.js';
import { idField, optionalIdField, requestObject, responseObject, userIdField, userIpField } from './fields.js';

/** Reserves one idle slot of a project for a user. */
export const applyConcurrent = defineAction({
  summary: 'Reserves one idle concurrency of a project for a user',
  group: 'session',
  kind: 'session',
  request: requestObject({
    UserId: userIdField(),
    UserIp: userIpField(),
    ProjectId: idField(),
    /** Empty: the version that is online. */
    ApplicationVersionId: optionalIdField(),
    /** Chooses the application of a SHARED project; ignored for EXCLUSIVE ones. */
    ApplicationId: optionalIdField(),
  }),
  response: responseObject({}),
  rateLimitPerSecond: 100,
  serverTimeoutMs: 20_000,
  errorCodes: [
    'FailedOperation',
    'FailedOperation.ProcessTimeout',
    // Documented for parallel calls of one UserId in the product's guide, though not in the list of the action.
    'FailedOperation.SlowDown',
    'InternalError',
    'InvalidParameter.JsonParseError',
    'InvalidParameterValue',
    'ResourceNotFound.NoIdle',
    'ResourceUnavailable.Initialization',
    'UnsupportedOperation.Stopping',
  ],
});
