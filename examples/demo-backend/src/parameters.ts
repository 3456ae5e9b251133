import { createHash, timingSafeEqual } from 'node:crypto';

/** Parameters of a request as they came. Values are texts in a form, anything in JSON. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Parameters an endpoint needs and takes. */
export interface ParameterRule {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const reservation = ['UserId', 'ProjectId'];
const program = ['ApplicationId', 'ApplicationVersionId'];

/** What the four endpoints take; the same as in the vendor's demo backend. */
export const parameterRules = {
  StartProject: { required: [...reservation, 'ClientSession'], optional: program },
  StopProject: { required: ['UserId'], optional: [] },
  Enqueue: { required: reservation, optional: program },
  Dequeue: { required: ['UserId'], optional: [] },
} as const satisfies Readonly<Record<string, ParameterRule>>;

/** Names of the parameters that are missing or not a text with characters. PURE. */
export function findWrongParameters(parameters: Parameters, rule: ParameterRule): readonly string[] {
  const isText = (name: string): boolean => typeof parameters[name] === 'string' && parameters[name] !== '';
  const isAbsent = (name: string): boolean => parameters[name] === undefined || parameters[name] === null;
  return [
    ...rule.required.filter((name) => !isText(name)),
    ...rule.optional.filter((name) => !isAbsent(name) && !isText(name)),
  ];
}

/**
 * Sign of a request: lower-case hex of SHA-256 over all values but `Sign`, in the order of their names, then the salt. PURE.
 */
export function signOf(parameters: Parameters, salt: string): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(parameters).sort()) {
    const value = parameters[name];
    if (name !== 'Sign' && value !== undefined && value !== null) hash.update(String(value));
  }
  return hash.update(salt).digest('hex');
}

/** True when the request carries the right `Sign`. PURE. */
export function hasValidSign(parameters: Parameters, salt: string): boolean {
  const expected = Buffer.from(signOf(parameters, salt));
  const given = Buffer.from(typeof parameters.Sign === 'string' ? parameters.Sign : '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** A parameter that may be absent. */
export function optionalText(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A parameter that was checked before by {@link findWrongParameters}. */
export function text(parameters: Parameters, name: string): string {
  return optionalText(parameters, name) ?? '';
}
