import { Type } from 'typebox';
import { bothSites, defineAction } from './action.js';
import { existingCodes } from './error-codes.js';
import { categoryField, countField, optionalIdField, requestObject, responseObject } from './fields.js';

/** Counts slots: all of them, and those that are not idle. */
export const describeConcurrentCount = defineAction({
  summary: 'Counts concurrencies: all of them, and those that are not idle',
  group: 'concurrency',
  kind: 'query',
  request: requestObject({
    ProjectId: optionalIdField('Project (cap-…); empty or absent: all projects of the account'),
    ApplicationCategory: Type.Optional(categoryField('Category; absent: both')),
  }),
  response: responseObject({
    Total: countField('All concurrencies'),
    Running: countField(
      'Those that are not idle: reserved, prelaunched, connected, waiting for a reconnect, or being cleaned',
    ),
  }),
  rateLimitPerSecond: 20,
  serverTimeoutMs: null,
  errorCodes: existingCodes('AuthFailure'),
  compatibility: {
    sites: bothSites,
    honoured: 'All parameters; `ApplicationCategory` is known to the SDK of the China site only.',
    decided: [
      'An unknown project is `InvalidParameterValue`.',
      '`Total` never exceeds the slots of the nodes that are online and take new sessions; while a node is drained, `Running` may exceed it.',
      'With `ApplicationCategory=MOBILE` both counts are 0: no node runs APK packages.',
    ],
  },
});
