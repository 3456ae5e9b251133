import { limits } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { defineAction } from './action.js';
import { enumField, requestObject, responseObject, userIdField, userIpField } from './fields.js';

/** Exchanges a ClientSession for a ServerSession on the reserved or held slot; also reconnects and joins a room. */
export const createSession = defineAction({
  summary: 'Exchanges a ClientSession for a ServerSession; starts the program, reconnects to it or joins a room',
  group: 'session',
  kind: 'session',
  request: requestObject({
    UserId: userIdField(),
    UserIp: userIpField(),
    /** Text of the client SDK; may be empty or absent only with `RunMode=RunWithoutClient`. */
    ClientSession: Type.Optional(Type.String({ maxLength: limits.clientSessionChars })),
    RunMode: Type.Optional(enumField('', 'RunWithoutClient')),
    /** Appended to the project's launch parameters. */
    ApplicationParameters: Type.Optional(Type.String({ maxLength: limits.applicationParametersChars })),
    /** Multiplayer: UserId of the room's owner, the own one for the owner. */
    HostUserId: Type.Optional(Type.String({ maxLength: limits.userIdChars })),
    /** Multiplayer: may operate, or may only watch. */
    Role: Type.Optional(enumField('Player', 'Viewer')),
  }),
  response: responseObject({
    /** Text to hand to the client SDK; empty when the session was started without a client. */
    ServerSession: Type.String(),
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
});
