import { limits } from '@cloudstage/protocol';
import { type TEnum, type TProperties, Type } from 'typebox';
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
