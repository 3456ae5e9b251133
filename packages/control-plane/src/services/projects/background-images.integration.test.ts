import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../db/open.js';
import { openFsStore } from '../../storage/fs-store.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { createHarness, type Harness, openTestDatabase } from '../../testing/harness.testkit.js';

let database: Database;
let store: ObjectStore;
let dir: string;
let h: Harness;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cloudstage-images-'));
  database = await openTestDatabase();
  store = await openFsStore(dir);
  h = await createHarness(database, { store });
});
afterAll(async () => {
  await h.stop();
  await database.close();
  await rm(dir, { recursive: true });
});

const png = (text: string) => Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from(text)]);

it('a picture is listed with who shows it, and removed when nobody does', async () => {
  const { accountId } = h.caller;
  const add = (name: string, text = 'same') => h.services.addBackgroundImage({ accountId, name, bytes: png(text) });
  const first = await add('first.png');
  h.advance(1);
  const second = await add('second.png');
  const { id: projectId } = await h.services.createProject({
    accountId,
    name: 'with picture',
    applicationId: h.applicationId,
    backgroundImageId: first.id,
  });
  expect(await h.services.listBackgroundImages(null)).toMatchObject([
    { id: second.id, projectIds: [] },
    { id: first.id, name: 'first.png', accountId, contentType: 'image/png', sizeBytes: 12, projectIds: [projectId] },
  ]);
  expect(await h.services.listBackgroundImages('acc-other')).toEqual([]);
  await expect(h.services.removeBackgroundImage(first.id)).rejects.toMatchObject({
    code: 'image-in-use',
    message: expect.stringContaining(projectId),
  });
  await h.services.removeBackgroundImage(second.id);
  expect(await h.services.findBackgroundImage(second.id)).toBeNull();
  expect(await h.services.findBackgroundImage(first.id)).toMatchObject({ sizeBytes: 12 });
  await expect(h.services.removeBackgroundImage(second.id)).rejects.toMatchObject({ code: 'image-not-found' });
  // A project that is deleted keeps its row for the history, and no longer its picture.
  expect(await h.services.deleteApplicationProjects(h.caller, { projectIds: [projectId] })).toEqual({
    type: 'deleted',
  });
  await h.services.removeBackgroundImage(first.id);
  expect(await h.services.listBackgroundImages(null)).toEqual([]);
});
