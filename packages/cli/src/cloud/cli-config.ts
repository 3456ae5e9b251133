import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse, stringify } from 'yaml';

const CliConfigSchema = Type.Object(
  {
    /** URL of the cloud API. */
    endpoint: Type.Optional(Type.String({ minLength: 1, pattern: '^https?://' })),
    secretId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    secretKey: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  },
  { additionalProperties: false },
);

/** What the file of the command line may hold. */
export type CliConfig = Static<typeof CliConfigSchema>;

/** Surroundings of the command. */
export interface CliSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDir: string;
  readonly homeDir: string;
}

/** File that is looked for beside, before the one in the home directory. */
export const besideName = 'cloudstage-cli.yaml';

/** Directory of the command's own files: configuration, unfinished uploads. */
export function cliConfigDir({ environment, homeDir }: CliSurroundings): string {
  return join(environment.XDG_CONFIG_HOME || join(homeDir, '.config'), 'cloudstage');
}

/** Where the file is, or would be written: `CLOUDSTAGE_CLI_CONFIG`, one in the working directory, the one of the user. */
export function cliConfigPath(surroundings: CliSurroundings): string {
  const named = surroundings.environment.CLOUDSTAGE_CLI_CONFIG;
  if (named !== undefined && named !== '') return named;
  const beside = join(surroundings.workingDir, besideName);
  return existsSync(beside) ? beside : join(cliConfigDir(surroundings), 'cli.yaml');
}

/**
 * Reads the file; an empty object when there is none.
 * @throws AppError `cli-config-invalid`, also when others could read the secret.
 */
export function readCliConfig(path: string): CliConfig {
  if (!existsSync(path)) return {};
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new AppError('cli-config-invalid', `${path} can be read by others. Run: chmod 600 ${path}`);
  }
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8')) ?? {};
  } catch (cause) {
    throw new AppError('cli-config-invalid', `${path} is not YAML. "cloudstage configure" writes a new one.`, {
      cause,
    });
  }
  if (Value.Check(CliConfigSchema, value)) return value;
  const lines = Value.Errors(CliConfigSchema, value).map(
    // The value may be the secret: only its place is told.
    (error) => `${error.instancePath.slice(1).replaceAll('/', '.') || 'file'}: ${error.message}`,
  );
  throw new AppError('cli-config-invalid', [`${path} is not valid:`, ...lines].join('\n  '));
}

/** Writes the file for its owner only, aside first, so that a full disk does not lose the old one. */
export function writeCliConfig(path: string, config: CliConfig): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, stringify(config), { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}
