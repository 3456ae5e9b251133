import { AppError } from '@cloudstage/protocol';
import { type ConfigKey, environmentPrefix, listKeys, withPath } from './keys.js';

/** Result of {@link readEnvironment}. */
export interface EnvironmentValues {
  /** Configuration tree with only the keys that the environment sets. */
  readonly tree: Record<string, unknown>;
  /** `CLOUDSTAGE_…` variables that no key has; most likely typing errors. */
  readonly unknownNames: readonly string[];
}

/** Variables with the prefix that belong to tests and to the command line, not to an instance's configuration. */
const reservedPrefixes = ['CLOUDSTAGE_TEST_', 'CLOUDSTAGE_CLI_'];

/**
 * Reads every configuration key that the environment sets. An empty variable counts as unset, so that `X= npm start` goes
 * back to the file or the default.
 * @throws AppError `config-invalid` when a number or boolean cannot be read.
 */
export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): EnvironmentValues {
  const keys = new Map(listKeys().map((key) => [key.environmentName, key]));
  const unknownNames: string[] = [];
  let tree: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(environmentPrefix) || text === undefined || text === '') continue;
    const key = keys.get(name);
    if (key !== undefined) tree = withPath(tree, key.path, parseText(key, text));
    else if (!reservedPrefixes.some((prefix) => name.startsWith(prefix))) unknownNames.push(name);
  }
  return { tree, unknownNames };
}

function parseText(key: ConfigKey, text: string): unknown {
  switch (key.schema.type) {
    case 'integer':
    case 'number': {
      const value = Number(text);
      if (Number.isNaN(value) || text.trim() === '') throw invalid(key, text, 'a number');
      return value;
    }
    case 'boolean': {
      const value = text.trim().toLowerCase();
      if (['true', '1', 'yes', 'on'].includes(value)) return true;
      if (['false', '0', 'no', 'off'].includes(value)) return false;
      throw invalid(key, text, 'true or false');
    }
    case 'array':
      if (text.trim().startsWith('[')) return parseJson(key, text, 'a JSON list');
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'object':
      return parseJson(key, text, 'a JSON object');
    default:
      return text;
  }
}

function parseJson(key: ConfigKey, text: string, expected: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid(key, text, expected);
  }
}

function invalid(key: ConfigKey, text: string, expected: string): AppError {
  const shown = key.isSecret ? '' : `, not "${text}"`;
  return new AppError('config-invalid', `${key.environmentName} (${key.name}): expected ${expected}${shown}`);
}
