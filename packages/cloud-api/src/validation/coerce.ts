import { IsArray, IsBoolean, IsInteger, IsNumber, IsObject, type TSchema } from 'typebox';
import { cloudApiLimits } from '../limits.js';

function coerceText(schema: TSchema, text: string): unknown {
  if (IsBoolean(schema)) {
    // Node.js and Go send true/false, Python True/False, PHP 1 and an empty text.
    if (['true', 'True', '1'].includes(text)) return true;
    return ['false', 'False', '0', ''].includes(text) ? false : text;
  }
  if (IsInteger(schema) || IsNumber(schema)) {
    const plain = IsInteger(schema) ? /^-?\d{1,16}$/ : /^-?\d{1,16}(\.\d{1,16})?$/;
    const number = Number(text);
    // Beyond 2^53 the number would no longer be the one that was sent.
    return plain.test(text) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : text;
  }
  return text;
}

/**
 * Turns the texts of a form into what the schema wants. What does not fit stays text and is refused by validation with
 * the right name and type.
 */
export function coerceFormValue(schema: TSchema, value: unknown): unknown {
  if (typeof value === 'string') return coerceText(schema, value);
  if (Array.isArray(value)) {
    return IsArray(schema) ? value.map((item) => coerceFormValue(schema.items, item)) : value;
  }
  if (typeof value === 'object' && value !== null && IsObject(schema)) {
    return mapProperties(value, (name, child) => {
      const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      return property === undefined ? child : coerceFormValue(property, child);
    });
  }
  return value;
}

/**
 * Removes null members of objects: some SDKs drop optional parameters that are null, others send them, and both mean
 * that the parameter was not given. Deeper than any action nests, the value is left as it is: a body of ten million
 * brackets must not exhaust the stack.
 */
export function dropNulls(value: unknown, depthLeft: number = cloudApiLimits.nestingDepth): unknown {
  if (typeof value !== 'object' || value === null || depthLeft === 0) return value;
  if (Array.isArray(value)) return value.map((item) => dropNulls(item, depthLeft - 1));
  return mapProperties(value, (_name, child) => (child === null ? undefined : dropNulls(child, depthLeft - 1)));
}

/** Own members only, into an object without prototype; members that become undefined are left out. */
function mapProperties(value: object, map: (name: string, child: unknown) => unknown): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  for (const [name, child] of Object.entries(value)) {
    const mapped = map(name, child);
    if (mapped !== undefined) result[name] = mapped;
  }
  return result;
}
