import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { type CliConfig, type CliSurroundings, cliConfigPath, readCliConfig } from './cli-config.js';

/** Options of every command that calls the cloud API. */
export interface CloudOptions {
  readonly endpoint?: string;
  readonly secretId?: string;
  /** Configuration file of an instance on this machine, whose own key is used. */
  readonly config?: string;
}

/** Where the API is and with which key. */
export interface Credentials {
  readonly endpoint: string;
  readonly secretId: string;
  readonly secretKey: string;
}

/** What a local instance says about itself. */
export interface LocalInstance {
  readonly dataDir: string;
  /** URL of its cloud API. */
  readonly endpoint: string;
}

const AccessKeySchema = Type.Object({ SecretId: Type.String(), SecretKey: Type.String() });

function readLocalKey(dataDir: string): CliConfig {
  const path = join(dataDir, 'access-key.json');
  if (!existsSync(path)) return {};
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Value.Check(AccessKeySchema, value)) throw new AppError('cli-config-invalid', `${path} holds no access key.`);
  return { secretId: value.SecretId, secretKey: value.SecretKey };
}

function definedOnly(values: Readonly<Record<keyof CliConfig, string | undefined>>): CliConfig {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}

/** A pair from one place: an id of the options must not meet a secret of the file that belongs to another id. */
function choosePair(sources: readonly CliConfig[]): Pick<Credentials, 'secretId' | 'secretKey'> | null {
  const wanted = sources.find((source) => source.secretId !== undefined)?.secretId;
  for (const { secretId = wanted, secretKey } of sources) {
    if (secretKey !== undefined && secretId !== undefined && secretId === wanted) return { secretId, secretKey };
  }
  return null;
}

/**
 * Finds endpoint and key. The first that says something wins: options, environment (`CLOUDSTAGE_CLI_ENDPOINT`,
 * `CLOUDSTAGE_CLI_SECRET_ID`, `CLOUDSTAGE_CLI_SECRET_KEY`), the file of `cloudstage configure`, the instance on this machine. With
 * `--config` the instance goes before the file. `local` is asked only when it is needed.
 * @throws AppError `credentials-missing` which says how to give them.
 */
export async function findCredentials(
  options: CloudOptions,
  surroundings: CliSurroundings,
  local: () => Promise<LocalInstance>,
): Promise<Credentials> {
  const { environment } = surroundings;
  const given = definedOnly({ endpoint: options.endpoint, secretId: options.secretId, secretKey: undefined });
  const fromEnvironment = definedOnly({
    endpoint: environment.CLOUDSTAGE_CLI_ENDPOINT,
    secretId: environment.CLOUDSTAGE_CLI_SECRET_ID,
    secretKey: environment.CLOUDSTAGE_CLI_SECRET_KEY,
  });
  const file = options.config === undefined ? readCliConfig(cliConfigPath(surroundings)) : {};
  const remote = [given, fromEnvironment, file];
  const remoteEndpoint = remote.find((source) => source.endpoint !== undefined)?.endpoint;
  const remotePair = choosePair(remote);
  if (remoteEndpoint !== undefined && remotePair !== null) return { endpoint: remoteEndpoint, ...remotePair };
  const instance = await local();
  const pair = choosePair([...remote, readLocalKey(instance.dataDir)]);
  if (pair !== null) return { endpoint: remoteEndpoint ?? instance.endpoint, ...pair };
  throw new AppError(
    'credentials-missing',
    `No access key: ${join(instance.dataDir, 'access-key.json')} does not exist, and none is configured. Run "cloudstage configure", or set CLOUDSTAGE_CLI_SECRET_ID and CLOUDSTAGE_CLI_SECRET_KEY; for an instance on this machine start it, or name its configuration by --config.`,
  );
}
