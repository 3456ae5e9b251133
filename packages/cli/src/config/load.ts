import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { readEnvironment } from './environment.js';
import { choicesOf, environmentNameOf, isRecord, listKeys, readPath, withPath } from './keys.js';
import { type CloudstageConfig, CloudstageConfigSchema } from './schema.js';

/** File that is read when none is named and it exists. */
export const defaultConfigFile = 'cloudstage.yaml';

/** Options of {@link loadConfig}. */
export interface LoadConfigOptions {
  /** File named by `--config`; undefined: {@link defaultConfigFile} in `workingDir`, if there is one. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths in the configuration are relative to it. */
  readonly workingDir: string;
}

/** Result of {@link loadConfig}. */
export interface LoadedConfig {
  /** Checked, complete, with absolute paths. */
  readonly config: CloudstageConfig;
  /** Absolute path of the file that was read, or null. */
  readonly file: string | null;
  /** `CLOUDSTAGE_…` variables that no key has. */
  readonly unknownEnvironmentNames: readonly string[];
}

/**
 * Merges defaults, the file and the environment (the later wins) and checks the result.
 * @throws AppError `config-invalid`; the message names each wrong key, its place and what is allowed.
 */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const file = findFile(options);
  const fromFile = file === null ? {} : readConfigFile(file);
  const fromEnvironment = readEnvironment(options.environment);
  let tree = fromFile;
  for (const key of listKeys()) {
    const value = readPath(fromEnvironment.tree, key.path);
    if (value !== undefined) tree = withPath(tree, key.path, value);
    else if (key.schema.default !== undefined && readPath(tree, key.path) === undefined && canHold(tree, key.path)) {
      tree = withPath(tree, key.path, key.schema.default);
    }
  }
  const config = checkConfig(tree, file);
  return {
    config: {
      ...config,
      dataDir: resolve(options.workingDir, config.dataDir),
      demo: { ...config.demo, cacheDir: resolve(options.workingDir, config.demo.cacheDir) },
    },
    file,
    unknownEnvironmentNames: fromEnvironment.unknownNames,
  };
}

/** The configuration when neither file nor environment says anything; paths are relative. */
export function defaultConfig(): CloudstageConfig {
  let tree: Record<string, unknown> = {};
  for (const key of listKeys()) {
    if (key.schema.default !== undefined) tree = withPath(tree, key.path, key.schema.default);
  }
  return checkConfig(tree, null);
}

/** False when a section on the way is a text or list: the check must see that, not a default put over it. */
function canHold(tree: unknown, path: readonly string[]): boolean {
  const section = path.slice(0, -1);
  const value = readPath(tree, section);
  return section.length === 0 || value === undefined || isRecord(value);
}

function findFile(options: LoadConfigOptions): string | null {
  if (options.file !== undefined) {
    const named = resolve(options.workingDir, options.file);
    if (!existsSync(named)) {
      throw new AppError('config-invalid', `${named}: no such file. "cloudstage config init" writes an annotated one.`);
    }
    return named;
  }
  const implicit = resolve(options.workingDir, defaultConfigFile);
  return existsSync(implicit) ? implicit : null;
}

function readConfigFile(file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AppError('config-invalid', `${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (parsed === null || parsed === undefined) return {};
  if (!isRecord(parsed)) throw new AppError('config-invalid', `${file}: expected "key: value" lines`);
  return dropEmptySections(parsed);
}

/** A section whose keys are all commented out reads as null; that means "defaults", not an error. */
function dropEmptySections(tree: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== null));
}

function checkConfig(tree: unknown, file: string | null): CloudstageConfig {
  if (Value.Check(CloudstageConfigSchema, tree)) return tree;
  const lines = new Set(Value.Errors(CloudstageConfigSchema, tree).flatMap((error) => describeError(error, tree)));
  const where = file === null ? 'the environment' : `${file} or the environment`;
  throw new AppError('config-invalid', [`The configuration is not valid (${where}):`, ...lines].join('\n  '));
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: unknown;
  readonly message: string;
}

function describeError(error: SchemaError, tree: unknown): readonly string[] {
  // What "additionalProperties" says by name comes once more as "schema is false".
  if (error.keyword === 'boolean') return [];
  const path = error.instancePath.split('/').slice(1);
  if (error.keyword === 'additionalProperties' && isRecord(error.params)) {
    const names = error.params.additionalProperties;
    return (Array.isArray(names) ? names : []).map(
      (name) => `${[...path, String(name)].join('.')}: there is no such key ("cloudstage config init" lists them all)`,
    );
  }
  const key = listKeys().find((candidate) => path.slice(0, candidate.path.length).join('.') === candidate.name);
  const choices = key === undefined ? [] : choicesOf(key.schema);
  // A union reports every branch; one line with the choices says it better.
  const rule = choices.length > 0 ? `must be one of ${choices.join(', ')}` : error.message;
  const value = key?.isSecret === true ? '(secret)' : JSON.stringify(readPath(tree, path));
  const variable = key === undefined ? '' : `; environment: ${environmentNameOf(key.path)}`;
  return [`${path.join('.') || '(root)'}: ${rule}, got ${value}${variable}`];
}
