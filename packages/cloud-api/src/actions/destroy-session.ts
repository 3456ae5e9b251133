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
      'It answers when the node has confirmed the end. When that takes too long, it is `FailedOperation.ProcessTimeout`, the end goes on by itself, and until it is over `ApplyConcurrent` and `CreateSession` of the user answer `UnsupportedOperation.Stopping`.',
      'The concurrency is idle again when it has been cleaned; the user may apply for another one before that.',
      'A guest is taken out of the room; the host plays on.',
    ],
  },
});
