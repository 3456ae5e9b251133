import { Type } from 'typebox';
import { cloudApiLimits } from '../limits.js';
import { bothSites, defineAction } from './action.js';
import { requestObject, responseObject, userIdField } from './fields.js';

const common = {
  group: 'stream',
  kind: 'session',
  response: responseObject({}),
  rateLimitPerSecond: 20,
  serverTimeoutMs: null,
  errorCodes: [
    'FailedOperation',
    'InternalError',
    'InvalidParameter',
    'InvalidParameter.JsonParseError',
    'OperationDenied',
    'ResourceNotFound.SessionNotFound',
  ],
} as const;

/** Pushes a session's picture and sound to the installation's live domain; the stream's name is the UserId. */
export const startPublishStream = defineAction({
  ...common,
  summary: "Pushes a session's picture and sound to the configured live domain, under the UserId as its name",
  request: requestObject({
    UserId: userIdField(),
    PublishStreamArgs: Type.Optional(
      Type.String({
        maxLength: cloudApiLimits.publishArgumentsChars,
        description: 'Query parameters added to the push URL',
      }),
    ),
  }),
  compatibility: {
    sites: bothSites,
    honoured: 'All parameters.',
    decided: [
      'The live domain is `streams.publishDomain` of the configuration; without one the action answers `OperationDenied`. With `streams.signingKey` the URL is signed.',
      'The stream goes on while the program waits for a reconnect, and ends with the session.',
      'A push to the same URL goes on; one to another URL is replaced.',
    ],
  },
});

/** Pushes a session's picture and sound to a URL of the caller. */
export const startPublishStreamWithURL = defineAction({
  ...common,
  summary: "Pushes a session's picture and sound to an RTMP URL of the caller",
  request: requestObject({
    UserId: userIdField(),
    PublishStreamURL: Type.String({
      minLength: 1,
      maxLength: cloudApiLimits.publishUrlChars,
      description: 'Target, rtmp:// or rtmps://',
    }),
  }),
  compatibility: {
    sites: bothSites,
    honoured: 'All parameters.',
    decided: [
      'A push to the same URL goes on; one to another URL is replaced.',
      'A URL that is not RTMP with application and stream is `InvalidParameter`; an address that is not on the internet is `OperationDenied` unless `streams.allowPrivateUrls` is set.',
      'The stream goes on while the program waits for a reconnect, and ends with the session.',
    ],
  },
});

/** Ends the push of a user's session. */
export const stopPublishStream = defineAction({
  ...common,
  summary: "Ends the push of a user's session",
  request: requestObject({ UserId: userIdField() }),
  compatibility: {
    sites: bothSites,
    honoured: 'All parameters.',
    decided: ['Succeeds also when nothing is pushed; without a session it is `ResourceNotFound.SessionNotFound`.'],
  },
});
