import { isAppError } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findSigningKey, insertAccessKey } from '../../db/access-keys.js';
import type { Database } from '../../db/open.js';
import { openTestDatabase, resetDatabase } from '../../testing/database.testkit.js';
import { createHarness, type Harness, until } from '../../testing/harness.testkit.js';
import { createSecretBox } from '../secret-box.js';
import { createReseal } from './reseal.js';

let database: Database;
let harness: Harness;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  harness = await createHarness(database);
});
afterEach(() => harness.stop());

const fails = (work: Promise<unknown>, code: string) =>
  expect(work).rejects.toSatisfy((error: unknown) => isAppError(error, code));
const find = (secretId: string) => harness.services.findAccessKey(secretId);

describe('accounts', () => {
  it('are numbered in order and have names of their own', async () => {
    const made = await harness.services.createAccount({ name: 'second' });
    expect(made).toMatchObject({ number: 2, name: 'second', enabled: true, accessKeys: 0 });
    await fails(harness.services.createAccount({ name: 'second' }), 'account-exists');
    for (const name of ['', '  ', 'x'.repeat(65), 'a\nb']) {
      await fails(harness.services.createAccount({ name }), 'account-name-invalid');
    }
    const listed = await harness.services.listAccounts();
    expect(listed.map(({ name, accessKeys }) => [name, accessKeys])).toEqual([
      ['default', 1],
      ['second', 0],
    ]);
    expect(listed[1]).toEqual(made);
  });

  it('can be switched off with all their keys, at once', async () => {
    const { accountId } = await harness.services.createAccount({ name: 'second' });
    const { secretId } = await harness.services.createAccessKey({ accountId });
    expect(await find(secretId)).toMatchObject({ enabled: true });
    await harness.services.disableAccount(accountId);
    expect(await find(secretId)).toMatchObject({ enabled: false });
    await harness.services.enableAccount(accountId);
    expect(await find(secretId)).toMatchObject({ enabled: true });
    await fails(harness.services.disableAccount('acc-missing'), 'account-not-found');
    await fails(harness.services.createAccessKey({ accountId: 'acc-missing' }), 'account-not-found');
  });
});

describe('access keys', () => {
  const create = (settings = {}) =>
    harness.services.createAccessKey({ accountId: harness.caller.accountId, ...settings });

  it('show their secret once, and sign with it', async () => {
    const made = await create({ name: 'backend' });
    expect(await find(made.secretId)).toMatchObject({
      secretKey: made.secretKey,
      accountId: harness.caller.accountId,
      permissions: ['car:*'],
    });
    const listed = await harness.services.listAccessKeys(harness.caller.accountId);
    const { secretKey, ...shown } = made;
    expect(listed.find(({ secretId }) => secretId === made.secretId)).toEqual(shown);
    expect(JSON.stringify(listed)).not.toContain(secretKey);
    expect(JSON.stringify(listed)).not.toContain('ipher');
    expect(await harness.services.listAccessKeys(null)).toEqual(listed);
    expect(await harness.services.listAccessKeys('acc-other')).toEqual([]);
  });

  it('are refused settings that would not mean what was meant', async () => {
    for (const settings of [
      { permissions: ['car:CreateSesion'] },
      { permissions: ['*'] },
      { permissions: Array.from({ length: 65 }, () => 'car:*') },
      { sourceRanges: ['10.0.0.0/40'] },
      { sourceRanges: ['example.com'] },
      { name: 'x'.repeat(65) },
      { expiresAt: Number.NaN },
    ]) {
      await fails(create(settings), 'access-key-invalid');
    }
    expect(await harness.services.listAccessKeys(null)).toHaveLength(1);
  });

  it('keep what they may do, and can be changed', async () => {
    const { secretId } = await create({ permissions: ['car:Describe*'], sourceRanges: ['10.0.0.1', '2001:DB8::/32'] });
    expect(await find(secretId)).toMatchObject({
      permissions: ['car:Describe*'],
      sourceRanges: ['10.0.0.1/32', '2001:db8::/32'],
    });
    await harness.services.modifyAccessKey(secretId, { permissions: [], expiresAt: 5 });
    expect(await find(secretId)).toMatchObject({
      permissions: [],
      sourceRanges: ['10.0.0.1/32', '2001:db8::/32'],
      expiresAt: 5,
    });
    await fails(harness.services.modifyAccessKey('AKIDmissing', { name: 'x' }), 'access-key-not-found');
  });

  it('are disabled before they are deleted', async () => {
    const { secretId } = await create();
    await fails(harness.services.deleteAccessKey(secretId), 'access-key-in-use');
    await harness.services.disableAccessKey(secretId);
    expect(await find(secretId)).toMatchObject({ enabled: false });
    await harness.services.enableAccessKey(secretId);
    expect(await find(secretId)).toMatchObject({ enabled: true });
    await harness.services.disableAccessKey(secretId);
    await harness.services.deleteAccessKey(secretId);
    expect(await find(secretId)).toBeNull();
    await fails(harness.services.deleteAccessKey(secretId), 'access-key-not-found');
    const expired = await create({ expiresAt: harness.now() });
    await harness.services.deleteAccessKey(expired.secretId);
  });

  it('rotate: the new one has the same rights, the old one runs out', async () => {
    const old = await create({ name: 'backend', permissions: ['car:Create*'], sourceRanges: ['10.0.0.0/8'] });
    const oldValidUntil = harness.now() + 60_000;
    const made = await harness.services.rotateAccessKey({ secretId: old.secretId, oldValidUntil });
    expect(made).toMatchObject({
      name: 'backend',
      permissions: ['car:Create*'],
      sourceRanges: ['10.0.0.0/8'],
      expiresAt: null,
    });
    expect(made.secretKey).not.toBe(old.secretKey);
    expect(await find(old.secretId)).toMatchObject({ enabled: true, expiresAt: oldValidUntil });
    expect(await find(made.secretId)).toMatchObject({ secretKey: made.secretKey, expiresAt: null });
    // A second rotation never makes the old key live longer.
    await harness.services.rotateAccessKey({ secretId: old.secretId, oldValidUntil: oldValidUntil + 1 });
    expect(await find(old.secretId)).toMatchObject({ expiresAt: oldValidUntil });
    await fails(harness.services.rotateAccessKey({ secretId: 'AKIDmissing', oldValidUntil }), 'access-key-not-found');
  });

  it('are bounded in number for each account', async () => {
    for (let count = 1; count < 50; count += 1) await create();
    await fails(create(), 'too-many-access-keys');
    const other = await harness.services.createAccount({ name: 'other' });
    await harness.services.createAccessKey({ accountId: other.accountId });
  });

  it('are read again after a second, so that another control plane sees a change', async () => {
    const { secretId } = await create();
    expect(await find(secretId)).toMatchObject({ enabled: true });
    const other = await createHarness(database, { startAt: harness.now() });
    await other.services.disableAccessKey(secretId);
    await other.stop();
    harness.advance(1_000);
    expect(await find(secretId)).toMatchObject({ enabled: false });
  });

  it('are read once by calls that come together', async () => {
    const { secretId } = await create();
    const [first, second] = [find(secretId), find(secretId)];
    expect(second).toBe(first);
    expect(await find('AKIDguessed')).toBeNull();
    const stored = await findSigningKey(database.executor, secretId);
    if (stored === null) throw new Error('the key is gone');
    await insertAccessKey(database.executor, { ...stored.key, secretId: 'AKIDguessed' });
    // An id that did not exist is not remembered. Its row holds another row's sealed secret, which does not open here.
    await fails(find('AKIDguessed'), 'secret-unreadable');
  });

  it('note their use once a minute', async () => {
    const { secretId } = await create();
    const lastUsed = async () =>
      (await harness.services.listAccessKeys(null)).find((key) => key.secretId === secretId)?.lastUsedAt;
    expect(await lastUsed()).toBeNull();
    const first = harness.now();
    harness.services.noteAccessKeyUse(secretId);
    await harness.settled();
    expect(await lastUsed()).toBe(first);
    harness.advance(59_999);
    harness.services.noteAccessKeyUse(secretId);
    await harness.settled();
    expect(await lastUsed()).toBe(first);
    harness.advance(1);
    harness.services.noteAccessKeyUse(secretId);
    await until('the later use', async () => (await lastUsed()) === first + 60_000);
  });
});

describe('the master key', () => {
  it('can be changed: what the old one sealed is sealed anew', async () => {
    const { secretId, secretKey } = await harness.services.createAccessKey({ accountId: harness.caller.accountId });
    const [oldKey, newKey] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
    const deps = (secrets: ReturnType<typeof createSecretBox>) => ({ ...harness.deps, secrets });
    const both = createSecretBox(newKey, [oldKey]);
    expect(await createReseal(deps(both))()).toEqual({ resealed: 2, current: 0, unreadable: [] });
    expect(await createReseal(deps(both))()).toEqual({ resealed: 0, current: 2, unreadable: [] });
    const stored = await findSigningKey(database.executor, secretId);
    expect(createSecretBox(newKey).open(stored?.key.secretCipher ?? '', secretId)).toBe(secretKey);
    const lost = await createReseal(deps(createSecretBox(Buffer.alloc(32, 9))))();
    expect(lost).toMatchObject({ resealed: 0, current: 0 });
    expect(lost.unreadable).toHaveLength(2);
    expect(lost.unreadable).toContain(secretId);
  });
});
