import { bothSites, defineAction } from './action.js';
import { requestObject, responseObject, userIdField } from './fields.js';

/** Ends the user's session now and frees its slot. Succeeds also when there was none. */
export const destroySession = defineAction({
  summary: "Ends the user's session and frees its concurrency",
  group: 'session',
  kind: 'session',
  request: requestObject({ UserId: userIdField() }),
  response: responseObject({}),
  rateLimitPerSecond: 100,
  serverTimeoutMs: null,
  errorCodes: [
    'FailedOperation',
    'FailedOperation.ProcessTimeout',
    'InternalError',
    'InvalidParameter.JsonParseError',
    'ResourceUnavailable.AccessFailed',
  ],
  compatibility: {
    sites: bothSites,
    honoured: 'All parameters.',
    decided: [
      'Succeeds also when the user has no session.',
      'The concurrency is idle again after it has been cleaned; until then `ApplyConcurrent` of the same user answers `UnsupportedOperation.Stopping`.',
    ],
  },
});
