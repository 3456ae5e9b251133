import { Type } from 'typebox';
import { defineAction } from './action.js';
import {
  concurrencyTypes,
  countField,
  enumField,
  filtersField,
  idField,
  idListField,
  limitField,
  nameField,
  nullable,
  offsetField,
  optionalIdField,
  regionField,
  requestObject,
  responseObject,
  timeField,
} from './fields.js';

const common = {
  group: 'concurrency',
  rateLimitPerSecond: 20,
  serverTimeoutMs: null,
  errorCodes: ['FailedOperation'],
} as const;

/** Gives concurrency packages to a project. */
export const bindConcurrentPackagesToProject = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Binds concurrency packages to a project of the same type, all or none; a bound one moves',
  request: requestObject({ ConcurrentIds: idListField('Package ids (cac-…)'), ProjectId: idField() }),
  response: responseObject({}),
  errorCodes: [
    'FailedOperation',
    'FailedOperation.ProcessTimeout',
    'InternalError',
    'InvalidParameter.JsonParseError',
    'InvalidParameterValue',
    'ResourceNotFound.NoIdle',
    'ResourceUnavailable.Initialization',
    'UnsupportedOperation.Stopping',
  ],
});

/** Takes concurrency packages from their project. */
export const unbindConcurrentPackagesFromProject = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Unbinds concurrency packages; running sessions go on to their end',
  request: requestObject({ ConcurrentIds: idListField('Package ids (cac-…)'), ProjectId: optionalIdField() }),
  response: responseObject({}),
});

/**
 * A concurrency package. The vendor publishes no fields of it; these are this product's.
 * @see docs/reference/cloud-api.md "DescribeConcurrentPackages"
 */
export const concurrentPackageField = () =>
  Type.Object({
    ConcurrentId: Type.String({ description: 'Package id (cac-…)' }),
    Name: Type.String(),
    Type: enumField(...concurrencyTypes),
    Region: regionField(),
    Amount: Type.Integer({ minimum: 0, description: 'Concurrencies granted' }),
    Available: Type.Integer({ minimum: 0, description: 'Concurrencies that the nodes really have for it' }),
    Using: Type.Integer({ minimum: 0, description: 'Concurrencies in use' }),
    Status: enumField('Normal', 'Draining', 'Expired'),
    ProjectId: nullable(Type.String()),
    CreateTime: timeField('Grant time'),
    ExpireTime: nullable(timeField('Expiry; null: never')),
  });

/** Lists concurrency packages. */
export const describeConcurrentPackages = defineAction({
  ...common,
  kind: 'query',
  summary: 'Lists concurrency packages, newest first',
  request: requestObject({
    Offset: Type.Optional(offsetField()),
    Limit: Type.Optional(limitField()),
    /** Names: ConcurrentId, Name, ProjectId, Type, Region, Status. */
    Filters: Type.Optional(filtersField()),
  }),
  response: responseObject({
    Total: nullable(countField()),
    ConcurrentPackages: nullable(Type.Array(concurrentPackageField())),
  }),
});

/** Totals of an account. */
export const describeConcurrentSummary = defineAction({
  ...common,
  kind: 'query',
  summary: 'Tells how many concurrencies the account has',
  request: requestObject({}),
  response: responseObject({
    PrepaidConcurrentTotal: countField(),
    HourlyRemainDuration: Type.String({ description: 'Remaining time of hourly packages, 100h0m0s' }),
  }),
});

/** Renames a package. */
export const modifyConcurrentPackage = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Renames a concurrency package',
  request: requestObject({ ConcurrentId: idField(), Name: nameField('Package name') }),
  response: responseObject({}),
  errorCodes: [
    'FailedOperation.ApplicationLockFail',
    'FailedOperation.ApplicationNotFind',
    'InternalError',
    'InvalidParameter',
    'InvalidParameterValue',
    'OperationDenied',
  ],
});

/** Ends all sessions on the packages. */
export const resetConcurrentPackages = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Ends every session on the packages and resets their slots',
  request: requestObject({ ConcurrentPackageIds: idListField('Package ids (cac-…)') }),
  response: responseObject({}),
});
