import { CloudstageConfigSchema, secretKeys } from './schema.js';

/** JSON-schema facts of one configuration key, as far as this package needs them. */
export interface KeySchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, KeySchema>>;
}

/** A leaf of the configuration. */
export interface ConfigKey {
  /** `['api', 'listenAddress']` */
  readonly path: readonly string[];
  /** `api.listenAddress`, as errors and the documentation write it. */
  readonly name: string;
  /** `CLOUDSTAGE_API_LISTEN_ADDRESS` */
  readonly environmentName: string;
  readonly schema: KeySchema;
  readonly isSecret: boolean;
}

/** What every environment name starts with. */
export const environmentPrefix = 'CLOUDSTAGE_';

/** Environment name of a key: `api.listenAddress` → `CLOUDSTAGE_API_LISTEN_ADDRESS`. */
export function environmentNameOf(path: readonly string[]): string {
  const words = path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase());
  return environmentPrefix + words.join('_');
}

/** The values of which a key must be one; empty when it is not a choice. */
export function choicesOf(schema: KeySchema): readonly string[] {
  return (schema.enum ?? schema.anyOf?.map((choice) => choice.const) ?? []).map(String);
}

/** The whole schema, seen as {@link KeySchema}. */
export function rootSchema(): KeySchema {
  return CloudstageConfigSchema;
}

/** All leaves below `schema`, in the order in which the schema declares them. */
export function listKeys(schema: KeySchema = rootSchema(), path: readonly string[] = []): readonly ConfigKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([part, child]) => {
    const childPath = [...path, part];
    if (child.properties !== undefined) return listKeys(child, childPath);
    const name = childPath.join('.');
    const environmentName = environmentNameOf(childPath);
    return [{ path: childPath, name, environmentName, schema: child, isSecret: secretKeys.has(name) }];
  });
}

/** Value at `path` in a tree of plain objects, or undefined. */
export function readPath(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, part) => (isRecord(node) ? node[part] : undefined), tree);
}

/** True for a plain object (not null, not an array). */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Copy of `tree` with `value` at `path`; objects on the way are created. */
export function withPath(tree: unknown, path: readonly string[], value: unknown): Record<string, unknown> {
  const [head, ...rest] = path;
  const base = isRecord(tree) ? tree : {};
  if (head === undefined) return base;
  return { ...base, [head]: rest.length === 0 ? value : withPath(base[head], rest, value) };
}
