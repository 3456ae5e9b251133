import { limits } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { bothSites, defineAction } from './action.js';
import { enumField, requestObject, responseObject, userIdField, userIpField } from './fields.js';

/** Exchanges a ClientSession for a ServerSession on the reserved or held slot; also reconnects and joins a room. */
export const createSession = defineAction({
  summary: 'Exchanges a ClientSession for a ServerSession; starts the program, reconnects to it or joins a room',
  group: 'session',
  kind: 'session',
  request: requestObject({
    UserId: userIdField(),
    UserIp: userIpField(),
    ClientSession: Type.Optional(
      Type.String({
        maxLength: limits.clientSessionChars,
        description: 'Text of the client SDK; may be empty or absent only with `RunMode=RunWithoutClient`',
      }),
    ),
    RunMode: Type.Optional(
      enumField('RunWithoutClient: the program runs on while no client is connected', '', 'RunWithoutClient'),
    ),
    ApplicationParameters: Type.Optional(
      Type.String({
        maxLength: limits.applicationParametersChars,
        description: "Launch arguments, appended to the project's; without effect on a prelaunched program",
      }),
    ),
    HostUserId: Type.Optional(
      Type.String({
        maxLength: limits.userIdChars,
        description: "Multiplayer: UserId of the room's owner, the own one for the owner",
      }),
    ),
    Role: Type.Optional(enumField('Multiplayer: may operate, or may only watch', 'Player', 'Viewer')),
  }),
  response: responseObject({
    ServerSession: Type.String({
      description: 'Text to hand to the client SDK; empty when the session was started without a client',
    }),
  }),
  rateLimitPerSecond: 100,
  serverTimeoutMs: 5_000,
  errorCodes: [
    'FailedOperation',
    'FailedOperation.LockTimeout',
    'FailedOperation.PathNotFound',
    'FailedOperation.ProcessTimeout',
    'FailedOperation.SlowDown',
    'InternalError',
    'InvalidParameter.JsonParseError',
    'InvalidParameterValue',
    'LimitExceeded.Role',
    'OperationDenied',
    'ResourceNotFound.NoIdle',
    'ResourceNotFound.SessionNotFound',
    'ResourceUnavailable.Initialization',
    'UnsupportedOperation.Stopping',
  ],
  compatibility: {
    sites: bothSites,
    honoured: 'All parameters.',
    decided: [
      'It may be called again for a session that lives: the client is connected anew, a former one is taken over. No `ApplyConcurrent` is needed while the program is held.',
      'An absent or empty `ClientSession` is `MissingParameter`, except with `RunMode=RunWithoutClient`. One that cannot be read is `InvalidParameter.JsonParseError` with the reason; an offer that cannot be answered is `InvalidParameterValue`.',
      'Guests of a room need no concurrency of their own; `sessions.maxPlayers` and `sessions.maxViewers` bound the seats (`LimitExceeded.Role`). While the program of the host does not run yet, a guest gets a `ServerSession` with `code` 8 and has to come again.',
      'A second call of the user while the first is being answered is `FailedOperation.SlowDown`.',
      'A node that does not answer is `FailedOperation.ProcessTimeout`: the remedy is to try again.',
    ],
  },
});
