import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createCloudApiClient } from '@cloudstage/cloud-api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { finished, startTestInstance, type TestInstance } from '../testing/instance.testkit.js';

// Each command is a process that loads the whole program, on machines that do other things too.
vi.setConfig({ testTimeout: 240_000 });

let instance: TestInstance;
beforeAll(async () => {
  instance = await startTestInstance();
});
afterAll(() => instance.close());

interface Key {
  readonly SecretId: string;
  readonly SecretKey: string;
}
const use = ({ SecretId, SecretKey }: Key) =>
  createCloudApiClient({ endpoint: instance.url, secretId: SecretId, secretKey: SecretKey }).describeConcurrentCount(
    {},
  );

describe('keys and accounts', () => {
  it('a key is made, limited, rotated, disabled, deleted', async () => {
    const key = await instance.json<Key>('keys', 'create', '--name', 'counting', '--permissions', 'car:Describe*');
    expect((await use(key)).Total).toBe(2);
    const rotated = await instance.json<Key>('keys', 'rotate', key.SecretId, '--keep-old', '1h');
    expect((await use(rotated)).Total).toBe(2);
    expect((await use(key)).Total).toBe(2);
    await instance.json('keys', 'modify', rotated.SecretId, '--permissions', 'car:CreateSession');
    await expect(use(rotated)).rejects.toMatchObject({ code: 'AuthFailure.UnauthorizedOperation' });
    await instance.json('keys', 'disable', key.SecretId);
    await expect(use(key)).rejects.toMatchObject({ code: 'AuthFailure.SecretIdNotFound' });
    await instance.json('keys', 'enable', key.SecretId);
    expect((await use(key)).Total).toBe(2);
    const inUse = await instance.run('keys', 'delete', key.SecretId, '--yes', '--json');
    expect(inUse.code).toBe(1);
    expect(JSON.parse(inUse.stderr).Error.Code).toBe('access-key-in-use');
    await instance.json('keys', 'disable', key.SecretId);
    await instance.json('keys', 'delete', key.SecretId, '--yes');
    const listed = await instance.run('keys', 'list');
    expect(listed.stdout).toContain(rotated.SecretId);
    expect(listed.stdout).not.toContain(key.SecretId);
    expect(listed.stdout).not.toContain(rotated.SecretKey);
  });

  it('an account is made and disabled; what changed is in the audit log', async () => {
    const { AccountId } = await instance.json<{ AccountId: string }>('accounts', 'create', '--name', 'Studio North');
    const key = await instance.json<Key>('keys', 'create', '--account-id', AccountId);
    expect((await use(key)).Running).toBe(0);
    await instance.json('accounts', 'disable', AccountId, '--yes');
    await expect(use(key)).rejects.toMatchObject({ code: expect.stringMatching(/^AuthFailure/) });
    expect((await instance.run('accounts', 'list')).stdout).toMatch(/Studio North +disabled/);
    await instance.json('accounts', 'enable', AccountId);
    expect((await use(key)).Running).toBe(0);
    const audit = await instance.json<{ Entries: { Action: string; Outcome: string; At: string }[] }>(
      ...['audit', 'list', '--target', AccountId],
    );
    expect(audit.Entries.map(({ Outcome }) => Outcome)).not.toContain('unknown');
    expect(audit.Entries.map(({ Action }) => Action)).toEqual(expect.arrayContaining(['disableAccount']));
    expect(audit.Entries[0]?.At).toMatch(/^\d{4}-.*Z$/);
  });
});

describe('packages', () => {
  it('are granted, listed over the cloud API, resized, expired and revoked', async () => {
    const granted = await instance.json<{ Id: string; Amount: number }>(
      'package',
      'grant',
      '--name',
      'launch',
      '--amount',
      '1',
    );
    const listed = await instance.json<{ ConcurrentId: string; Status: string }[]>('package', 'list');
    expect(listed).toMatchObject([{ ConcurrentId: granted.Id, Amount: 1, Status: 'Normal', ProjectId: null }]);
    expect((await instance.run('package', 'summary')).stdout).toMatch(/Concurrencies +1/);
    await instance.json('package', 'rename', granted.Id, '--name', 'week');
    const resized = await instance.json<{ Amount: number }>('package', 'resize', granted.Id, '--amount', '2');
    expect(resized).toMatchObject({ Amount: 2, Name: 'week' });
    const tooMany = await instance.run('package', 'resize', granted.Id, '--amount', '500');
    expect(tooMany).toMatchObject({ code: 1, stdout: '' });
    expect(await instance.json('package', 'expire', granted.Id, '--expires', 'now')).toMatchObject({
      Status: 'expired',
    });
    await instance.json('package', 'revoke', granted.Id, '--yes');
    expect((await instance.run('package', 'list')).stdout).toMatch(/^No packages/);
  });

  it('say what is wrong with an option before anything is asked', async () => {
    const wrong = await instance.run('package', 'grant', '--name', 'x', '--amount', 'many');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--amount: expected a whole number') });
    const unsure = await instance.run('package', 'revoke', 'cac-unknown1');
    expect(unsure).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
  });
});

describe('configure', () => {
  const configure = (secret: string, ...args: readonly string[]) =>
    finished(instance.start(['configure', ...args], { input: `${secret}\n` }));

  it('keeps endpoint and key for its user only, after trying them', async () => {
    const key = await instance.json<Key>('keys', 'create', '--name', 'cli');
    const wrong = await configure('wrong', '--endpoint', instance.url, '--secret-id', key.SecretId);
    expect(wrong.code).toBe(4);
    const done = await configure(key.SecretKey, '--endpoint', instance.url, '--secret-id', key.SecretId);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    const path = join(instance.home, '.config', 'cloudstage', 'cli.yaml');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toContain(key.SecretKey);
    // Nothing of a local instance is needed from here on.
    const elsewhere = { CLOUDSTAGE_DATA_DIR: '/nonexistent', CLOUDSTAGE_API_PORT: '1' };
    const listed = await finished(instance.start(['package', 'list', '--json'], { environment: elsewhere }));
    expect(listed).toMatchObject({ code: 0, stdout: '[]\n' });
    const nowhere = await finished(
      instance.start(['package', 'list', '--endpoint', 'http://127.0.0.1:1'], { environment: elsewhere }),
    );
    expect(nowhere).toMatchObject({ code: 3, stderr: expect.stringContaining('cloudstage configure') });
  });
});
