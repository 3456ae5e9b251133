import type { Static, TObject } from 'typebox';
import { Value } from 'typebox/value';
import type { Decoded, NestedText } from '../encoding/flat-parameters.js';
import {
  explainedError,
  invalidParameterValue,
  missingParameter,
  type PublicError,
  publicError,
  unknownParameter,
  wrongParameterType,
} from '../errors/public-error.js';
import { coerceFormValue, dropNulls } from './coerce.js';

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** `/Filters/0/Name` → `Filters.0.Name`, the spelling of the API. */
function dotted(pointer: string, name = ''): string {
  const path = pointer.split('/').slice(1);
  if (name !== '') path.push(name);
  return path.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');
}

function badValue(error: SchemaError): PublicError {
  const name = dotted(error.instancePath);
  if (error.keyword === 'enum') {
    const allowed = error.params.allowedValues.map((value) => JSON.stringify(value)).join(', ');
    return invalidParameterValue(name, {
      'en-US': `must be one of ${allowed}.`,
      'zh-CN': `的取值应为 ${allowed} 之一。`,
    });
  }
  if (error.keyword === 'minLength' || error.keyword === 'maxLength') {
    const [en, zh] = error.keyword === 'minLength' ? ['at least', '至少'] : ['at most', '至多'];
    const { limit } = error.params;
    return invalidParameterValue(name, {
      'en-US': `must have ${en} ${limit} characters.`,
      'zh-CN': `的长度应为${zh} ${limit} 个字符。`,
    });
  }
  return invalidParameterValue(name, { 'en-US': `${error.message}.`, 'zh-CN': `取值不合法：${error.message}。` });
}

/** The platform's order: unknown, then missing, then wrong type, then bad value. */
function toPublicError(errors: readonly SchemaError[]): PublicError {
  for (const error of errors) {
    if (error.keyword === 'additionalProperties') {
      return unknownParameter(dotted(error.instancePath, error.params.additionalProperties[0]));
    }
  }
  for (const error of errors) {
    if (error.keyword === 'required') {
      return missingParameter(dotted(error.instancePath, error.params.requiredProperties[0]));
    }
  }
  for (const error of errors) {
    if (error.keyword === 'type') return wrongParameterType(dotted(error.instancePath), String(error.params.type));
  }
  const first = errors.find((error) => error.keyword !== 'boolean');
  return first === undefined ? publicError('InvalidParameter') : badValue(first);
}

/** Where a text is that neither databases nor command lines take: with a NUL, or with half a surrogate pair. Null: there is none. */
function findUnusableText(value: unknown, path = ''): string | null {
  if (typeof value === 'string') return value.includes('\0') || /\p{Surrogate}/u.test(value) ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, part] of Object.entries(value)) {
    const found = findUnusableText(part, `${path}/${name}`);
    if (found !== null) return found;
  }
  return null;
}

/** Checks parsed parameters against an action's request schema. */
export function checkParameters<Request extends TObject>(schema: Request, value: unknown): Decoded<Static<Request>> {
  if (!Value.Check(schema, value)) return { type: 'refused', error: toPublicError(Value.Errors(schema, value)) };
  const unusable = findUnusableText(value);
  if (unusable === null) return { type: 'decoded', value };
  const message = { 'en-US': 'has characters that no text has.', 'zh-CN': '包含非法字符。' };
  return { type: 'refused', error: invalidParameterValue(dotted(unusable), message) };
}

/** Parameters of a form or query: texts, coerced by the schema, then checked. */
export function checkFormParameters<Request extends TObject>(
  schema: Request,
  value: { readonly [name: string]: NestedText },
): Decoded<Static<Request>> {
  return checkParameters(schema, coerceFormValue(schema, value));
}

/** Parameters of a JSON body: parsed, nulls dropped, then checked. An empty body is `{}`. */
export function checkJsonParameters<Request extends TObject>(
  schema: Request,
  body: Uint8Array,
): Decoded<Static<Request>> {
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    const lead = { 'en-US': 'The request body is not JSON', 'zh-CN': '请求体不是合法的 JSON' };
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not UTF-8';
    return { type: 'refused', error: explainedError('InvalidParameter.JsonParseError', lead, reason, 128) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = { 'en-US': 'The request body must be a JSON object.', 'zh-CN': '请求体应为 JSON 对象。' };
    return { type: 'refused', error: publicError('InvalidParameter', message) };
  }
  return checkParameters(schema, dropNulls(value));
}
