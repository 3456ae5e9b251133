import { bothSites, defineAction } from './action.js';
import { optionalIdField, projectIdField, requestObject, responseObject, userIdField, userIpField } from './fields.js';

/** Reserves one idle slot of a project for a user. */
export const applyConcurrent = defineAction({
  summary: 'Reserves one idle concurrency of a project for a user',
  group: 'session',
  kind: 'session',
  request: requestObject({
    UserId: userIdField(),
    UserIp: userIpField(),
    ProjectId: projectIdField(),
    ApplicationVersionId: optionalIdField('Version to run, to test one before it is online; empty: the one online'),
    ApplicationId: optionalIdField('Application of a SHARED project; ignored for EXCLUSIVE ones'),
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
  compatibility: {
    sites: bothSites,
    honoured: 'All parameters.',
    decided: [
      'A reservation lasts `sessions.reservationSeconds` (60 s); then `CreateSession` answers `FailedOperation.LockTimeout`. The same call again makes it last anew.',
      'A call of a user who holds a concurrency for the same program succeeds and changes nothing else. For another program, it replaces a mere reservation at once, and ends a session: it answers `UnsupportedOperation.Stopping` until that is over.',
      'An unknown project, application or version is `InvalidParameterValue`, the listed code that fits best.',
      'Parallel calls of one user for the same program all succeed. One for another program, while `CreateSession` of that user is being answered, is `FailedOperation.SlowDown`, which the guide of the product names though the list of the action lacks it.',
    ],
  },
});
