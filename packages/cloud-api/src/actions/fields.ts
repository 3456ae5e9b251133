import { limits } from '@cloudstage/protocol';
import { type TEnum, type TProperties, type TSchema, Type } from 'typebox';
import { cloudApiLimits } from '../limits.js';

/** A request: closed, because the platform answers `UnknownParameter`. */
export function requestObject<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** A response: open, because callers must live with fields that a newer server adds. */
export function responseObject<P extends TProperties>(properties: P) {
  return Type.Object(properties);
}

/** Opaque id of a user, chosen by the caller; the same id means the same user and gives the same slot back. */
export const userIdField = () =>
  Type.String({
    minLength: 1,
    maxLength: limits.userIdChars,
    description:
      'User, an opaque id of the caller; the same id means the same user and gives the same concurrency back',
  });

/**
 * Address of the end user, used to choose a near region. Not required to parse as an address: backends pass what their
 * proxy gave them, and a wrong one costs distance, not correctness.
 */
export const userIpField = () =>
  Type.String({
    minLength: 1,
    maxLength: cloudApiLimits.userIpChars,
    description: 'Address of the end user, by which a near region is chosen; one that cannot be read is no error',
  });

/** Id that must be given. */
export const idField = (description: string) =>
  Type.String({ minLength: 1, maxLength: cloudApiLimits.idChars, description });

/** Id that may be absent or empty. */
export const optionalIdField = (description: string) =>
  Type.Optional(Type.String({ maxLength: cloudApiLimits.idChars, description }));

/** Id of an application that must be given. */
export const applicationIdField = () => idField('Application (app-…)');

/** Id of a version that must be given. */
export const versionIdField = () => idField('Version (ver-…)');

/** Id of a project that must be given. */
export const projectIdField = () => idField('Project (cap-…)');

/** String out of a fixed set; `type` makes a wrong JSON type distinguishable from a wrong value. */
export function enumField<Values extends string[]>(description: string, ...values: Values): TEnum<Values> {
  return Type.Enum<Values>(values, { type: 'string', description });
}

/** Non-negative count. */
export const countField = (description: string) => Type.Integer({ minimum: 0, description });

/** Desktop or mobile; nothing mobile ever has concurrencies here, since no node runs APK packages. */
export const categoryField = (description = 'Category; default DESKTOP') => enumField(description, 'DESKTOP', 'MOBILE');

/** Names of an application, project, version or package: shown to people, so at most 64 characters and no control characters. */
export const nameField = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: cloudApiLimits.displayNameChars,
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
    description,
  });

/** Launch arguments, split by white space; double quotes group. */
export const argumentsField = () =>
  Type.String({ maxLength: limits.applicationParametersChars, description: 'Launch arguments' });

/** List of ids: at least one. */
export const idListField = (description: string) =>
  Type.Array(idField(description), { minItems: 1, maxItems: cloudApiLimits.idListItems, description });

/** First row of a page, counted from 0. */
export const offsetField = () =>
  Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'First row, counted from 0' });

/** Rows of a page; 0 means the default of 20. */
export const limitField = () =>
  Type.Integer({ minimum: 0, maximum: cloudApiLimits.pageRows, description: 'Rows of a page; 0 means 20' });

/** Conditions that all must hold; the values of one are alternatives. `names` are the fields that a list can be filtered on. */
export const filtersField = (...names: readonly string[]) =>
  Type.Array(
    Type.Object(
      {
        Name: Type.String({ minLength: 1, maxLength: cloudApiLimits.nameChars, description: 'Field to filter on' }),
        Values: Type.Array(Type.String({ maxLength: 256 }), {
          minItems: 1,
          maxItems: cloudApiLimits.filterValues,
          description: 'Accepted values, any of them',
        }),
      },
      { additionalProperties: false, title: 'Filter' },
    ),
    {
      maxItems: cloudApiLimits.filters,
      description: `Conditions that all must hold. Names: ${names.map((name) => `\`${name}\``).join(', ')}`,
    },
  );

/** Answer field that may be null. */
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Text in an answer. */
export const textField = (description: string) => Type.String({ description });

/** Regions of the vendor; this product accepts these and the names that its own nodes declare. */
export const vendorRegions = [
  'ap-chinese-mainland',
  'na-north-america',
  'eu-frankfurt',
  'ap-mumbai',
  'ap-tokyo',
  'ap-seoul',
  'ap-singapore',
  'ap-bangkok',
  'ap-hongkong',
  'me-middle-east-fusion',
  'na-north-america-fusion',
  'sa-south-america-fusion',
  'ap-tokyo-fusion',
  'ap-seoul-fusion',
  'eu-frankfurt-fusion',
  'ap-singapore-fusion',
  'ap-hongkong-fusion',
] as const;

/** A region: one of the vendor's names or one that a node of this installation declares. */
export const regionField = () =>
  Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9][a-z0-9-]*$', description: 'Region' });

/** Sizes of a concurrency, from the vendor's list. */
export const concurrencyTypes = ['S1', 'M1', 'L1', 'L2', 'XL2', 'MM1_HD', 'MM1_FHD'] as const;
/** Size of a concurrency. */
export type ConcurrencyType = (typeof concurrencyTypes)[number];

/** Size of a concurrency in a request or answer. */
export const concurrencyTypeField = () => enumField('Size of a concurrency', ...concurrencyTypes);

/** Text with a time in ISO 8601, UTC. */
export const timeField = (description: string) =>
  Type.String({ description: `${description}, ISO 8601 UTC: 2026-01-31T12:00:00.000Z` });
