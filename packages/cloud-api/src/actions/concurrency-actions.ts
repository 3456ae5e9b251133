import { Type } from 'typebox';
import { defineAction, internationalSite } from './action.js';
import { lockingCodes } from './error-codes.js';
import {
  concurrencyTypeField,
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
  projectIdField,
  regionField,
  requestObject,
  responseObject,
  textField,
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
  request: requestObject({ ConcurrentIds: idListField('Packages (cac-…)'), ProjectId: projectIdField() }),
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
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'A package that is bound to another project moves; users on it stay to the end of their sessions.',
      'All packages are bound, or none. The type of all must be that of the project, and none may have expired (`InvalidParameterValue`).',
    ],
  },
});

/** Takes concurrency packages from their project. */
export const unbindConcurrentPackagesFromProject = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Unbinds concurrency packages; running sessions go on to their end',
  request: requestObject({
    ConcurrentIds: idListField('Packages (cac-…)'),
    ProjectId: optionalIdField('Project (cap-…) they must be bound to; empty: any'),
  }),
  response: responseObject({}),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'With a `ProjectId`, a package that is not bound to it is refused (`InvalidParameterValue`), and nothing changes.',
    ],
  },
});

/**
 * A concurrency package. The vendor publishes no fields of it; these are this product's.
 * @see docs/reference/cloud-api.md "DescribeConcurrentPackages"
 */
export const concurrentPackageField = () =>
  Type.Object(
    {
      ConcurrentId: textField('Package (cac-…)'),
      Name: textField('Name'),
      Type: concurrencyTypeField(),
      Region: regionField(),
      Amount: Type.Integer({ minimum: 0, description: 'Concurrencies granted' }),
      Available: Type.Integer({ minimum: 0, description: 'Concurrencies that the nodes really have for it' }),
      Using: Type.Integer({ minimum: 0, description: 'Concurrencies in use' }),
      Status: enumField(
        'Draining: moved, unbound, shrunk or revoked, and users from before are still on it',
        'Normal',
        'Draining',
        'Expired',
      ),
      ProjectId: nullable(textField('Project it is bound to (cap-…)')),
      CreateTime: timeField('Grant time'),
      ExpireTime: nullable(timeField('Expiry, null: never')),
    },
    { title: 'ApplicationConcurrentPackage' },
  );

/** Lists concurrency packages. */
export const describeConcurrentPackages = defineAction({
  ...common,
  kind: 'query',
  summary: 'Lists concurrency packages, newest first',
  request: requestObject({
    Offset: Type.Optional(offsetField()),
    Limit: Type.Optional(limitField()),
    Filters: Type.Optional(filtersField('ConcurrentId', 'Name', 'ProjectId', 'Type', 'Region', 'Status')),
  }),
  response: responseObject({
    Total: nullable(countField('Packages that match, on all pages')),
    ConcurrentPackages: nullable(Type.Array(concurrentPackageField(), { description: 'Packages of the page' })),
  }),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    added: {
      'response.ConcurrentPackages[].*':
        "The vendor publishes the object without fields; all of them are this product's.",
    },
    decided: [
      "The official SDKs of the international site drop the fields of a package, since their model has none; callers see them through `CommonClient` or the SDK of the China site's `CommonClient`.",
    ],
  },
});

/** Totals of an account. */
export const describeConcurrentSummary = defineAction({
  ...common,
  kind: 'query',
  summary: 'Tells how many concurrencies the account has',
  request: requestObject({}),
  response: responseObject({
    PrepaidConcurrentTotal: countField('Concurrencies granted and not expired'),
    HourlyRemainDuration: Type.String({ description: 'Remaining time of hourly packages, 100h0m0s' }),
  }),
  compatibility: {
    sites: internationalSite,
    honoured: 'All fields.',
    decided: ['`HourlyRemainDuration` is always `0h0m0s`: nothing is sold by the hour here.'],
  },
});

/** Renames a package. */
export const modifyConcurrentPackage = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Renames a concurrency package',
  request: requestObject({ ConcurrentId: idField('Package (cac-…)'), Name: nameField('Package name') }),
  response: responseObject({}),
  errorCodes: lockingCodes('OperationDenied'),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: ['An unknown package is `InvalidParameterValue`.'],
  },
});

/** Ends all sessions on the packages. */
export const resetConcurrentPackages = defineAction({
  ...common,
  kind: 'mutate',
  summary: 'Ends every session on the packages and resets their slots',
  request: requestObject({ ConcurrentPackageIds: idListField('Packages (cac-…)') }),
  response: responseObject({}),
  compatibility: {
    sites: internationalSite,
    honoured: 'All parameters.',
    decided: [
      'Sessions end with the reason `kicked`; it answers when that is certain, not when the nodes have done it.',
    ],
  },
});
