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
export const userIdField = () => Type.String({ minLength: 1, maxLength: limits.userIdChars });

/**
 * Address of the end user, used to choose a near region. Not required to parse as an address: backends pass what their
 * proxy gave them, and a wrong one costs distance, not correctness.
 */
export const userIpField = () => Type.String({ minLength: 1, maxLength: cloudApiLimits.userIpChars });

/** Id that must be given. */
export const idField = () => Type.String({ minLength: 1, maxLength: cloudApiLimits.idChars });

/** Id that may be absent or empty. */
export const optionalIdField = () => Type.Optional(Type.String({ maxLength: cloudApiLimits.idChars }));

/** String out of a fixed set; `type` makes a wrong JSON type distinguishable from a wrong value. */
export function enumField<Values extends string[]>(...values: Values): TEnum<Values> {
  return Type.Enum<Values>(values, { type: 'string' });
}

/** Non-negative count. */
export const countField = () => Type.Integer({ minimum: 0 });

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
  Type.Array(idField(), { minItems: 1, maxItems: cloudApiLimits.idListItems, description });

/** First row of a page, counted from 0. */
export const offsetField = () =>
  Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'First row, counted from 0' });

/** Rows of a page; 0 means the default of 20. */
export const limitField = () =>
  Type.Integer({ minimum: 0, maximum: cloudApiLimits.pageRows, description: 'Rows of a page; 0 means 20' });

/** Conditions that all must hold; the values of one are alternatives. */
export const filtersField = () =>
  Type.Array(
    Type.Object(
      {
        Name: Type.String({ minLength: 1, maxLength: cloudApiLimits.nameChars, description: 'Field to filter on' }),
        Values: Type.Array(Type.String({ maxLength: 256 }), {
          minItems: 1,
          maxItems: cloudApiLimits.filterValues,
          description: 'Accepted values (any of them)',
        }),
      },
      { additionalProperties: false },
    ),
    { maxItems: cloudApiLimits.filters, description: 'Conditions that all must hold' },
  );

/** Answer field that may be null. */
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

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

/** Text with a time in ISO 8601, UTC. */
export const timeField = (description: string) => Type.String({ description });
