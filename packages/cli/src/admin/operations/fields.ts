import { type TProperties, Type } from 'typebox';

/** Input of an operation: a closed object. */
export const inputObject = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

/** A name that people see. */
export const nameField = () => Type.String({ minLength: 1, maxLength: 256 });

/** Id of anything. */
export const idField = () => Type.String({ minLength: 1, maxLength: 128 });

/** Path of a file of this machine, or inside a package. */
export const pathField = () => Type.String({ minLength: 1, maxLength: 4096 });
