import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cliConfigPath, readCliConfig, writeCliConfig } from './cli-config.js';
import { findCredentials } from './credentials.js';

let home: string;
const surroundings = (environment: Record<string, string> = {}) => ({ environment, workingDir: home, homeDir: home });
const local = async () => ({ dataDir: home, endpoint: 'http://127.0.0.1:8080' });
const writeLocalKey = () =>
  writeFileSync(join(home, 'access-key.json'), JSON.stringify({ SecretId: 'local', SecretKey: 'local-key' }));

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterEach(() => rmSync(home, { recursive: true }));

describe('the file of the command line', () => {
  it('is for its owner only, and refused when others can read it', () => {
    const path = cliConfigPath(surroundings());
    expect(path).toBe(join(home, '.config', 'cloudstage', 'cli.yaml'));
    expect(readCliConfig(path)).toEqual({});
    const config = { endpoint: 'https://cloud.example', secretId: 'id', secretKey: 'key' };
    writeCliConfig(path, config);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readCliConfig(path)).toEqual(config);
    chmodSync(path, 0o640);
    expect(() => readCliConfig(path)).toThrow(/chmod 600/);
  });

  it('is found beside, and by its variable', () => {
    writeFileSync(join(home, 'cloudstage-cli.yaml'), '');
    expect(cliConfigPath(surroundings())).toBe(join(home, 'cloudstage-cli.yaml'));
    expect(cliConfigPath(surroundings({ CLOUDSTAGE_CLI_CONFIG: '/x.yaml' }))).toBe('/x.yaml');
  });

  it('says what is wrong and never the secret', () => {
    const path = join(home, 'bad.yaml');
    writeFileSync(path, 'endpoint: ftp://x\nsecretKey: [hidden]\n', { mode: 0o600 });
    expect(() => readCliConfig(path)).toThrow(/endpoint: .*\n.*secretKey: /);
    expect(() => readCliConfig(path)).not.toThrow(/hidden/);
  });
});

describe('credentials', () => {
  it('come from the instance on this machine when nothing else is said', async () => {
    writeLocalKey();
    expect(await findCredentials({}, surroundings(), local)).toEqual({
      endpoint: 'http://127.0.0.1:8080',
      secretId: 'local',
      secretKey: 'local-key',
    });
  });

  it('come from the file, then from the environment, then from options, in rising order', async () => {
    writeLocalKey();
    writeCliConfig(cliConfigPath(surroundings()), { endpoint: 'http://file', secretId: 'file', secretKey: 'file-key' });
    const notAsked = async () => {
      throw new Error('the instance is not needed');
    };
    expect(await findCredentials({}, surroundings(), notAsked)).toMatchObject({
      endpoint: 'http://file',
      secretId: 'file',
    });
    const environment = { CLOUDSTAGE_CLI_SECRET_ID: 'env', CLOUDSTAGE_CLI_SECRET_KEY: 'env-key' };
    expect(await findCredentials({ endpoint: 'http://option' }, surroundings(environment), notAsked)).toEqual({
      endpoint: 'http://option',
      secretId: 'env',
      secretKey: 'env-key',
    });
    // --config names the instance whose key is meant.
    expect(await findCredentials({ config: 'x' }, surroundings(), local)).toMatchObject({ secretId: 'local' });
  });

  it('never join the id of one place with the secret of another', async () => {
    writeLocalKey();
    const environment = { CLOUDSTAGE_CLI_SECRET_ID: 'env' };
    await expect(findCredentials({}, surroundings(environment), local)).rejects.toThrow(/cloudstage configure/);
    const secret = { CLOUDSTAGE_CLI_SECRET_KEY: 'env-key' };
    expect(await findCredentials({ secretId: 'option' }, surroundings(secret), local)).toMatchObject({
      secretId: 'option',
      secretKey: 'env-key',
    });
    expect(await findCredentials({ secretId: 'local' }, surroundings(), local)).toMatchObject({
      secretKey: 'local-key',
    });
  });

  it('say how to be given when there are none', async () => {
    await expect(findCredentials({}, surroundings(), local)).rejects.toThrow(/access-key.json does not exist/);
  });
});
