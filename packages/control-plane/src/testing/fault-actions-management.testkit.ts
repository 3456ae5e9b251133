import { findVersion } from '../db/application-versions.js';
import { applicationSteps } from './applications.testkit.js';
import type { FaultAction, FaultWorld, VerifiedWorld } from './fault-world.testkit.js';

/** What is acknowledged by the calls that make something. */
interface Made {
  readonly applicationId: string;
  readonly versionId: string;
  readonly projectId: string;
  readonly secretId: string;
  readonly secretKey: string;
}

const made = (result: unknown): Made => result as Made;
const stepsOf = ({ h, packages }: FaultWorld) =>
  applicationSteps(
    () => h,
    () => packages,
  );

/** The application with name `second` that the preparation has made. */
async function secondApplication({ h }: VerifiedWorld): Promise<string> {
  const filters = [{ field: 'name', values: ['second'] }] as const;
  const found = await h.services.listApplications(h.caller, { offset: 0, limit: 1, category: '', filters });
  const id = found.applications[0]?.application.id;
  if (id === undefined) throw new Error('the second application is gone');
  return id;
}

async function newestVersion(
  world: VerifiedWorld,
): Promise<{ readonly applicationId: string; readonly versionId: string }> {
  const applicationId = await secondApplication(world);
  const listed = await world.h.services.listApplicationVersions(world.h.caller, { applicationId });
  const versionId = listed.type === 'listed' ? listed.versions[0]?.id : undefined;
  if (versionId === undefined) throw new Error(`no version: ${listed.type}`);
  return { applicationId, versionId };
}

async function expectVersion({ h }: VerifiedWorld, versionId: string, ...allowed: string[]): Promise<void> {
  const row = await findVersion(h.database.executor, versionId);
  if (row === null || !allowed.includes(row.state)) throw new Error(`version ${versionId} is ${row?.state ?? 'gone'}`);
}

/** Throws unless the call came to this outcome, and gives it. */
async function expectType<T extends { readonly type: string }>(outcome: Promise<T>, type: T['type']): Promise<T> {
  const found = await outcome;
  if (found.type !== type) throw new Error(`the outcome is ${found.type}, not ${type}`);
  return found;
}

const applicationActions: readonly FaultAction[] = [
  {
    name: 'CreateApplication',
    act: async (world) => ({ applicationId: await stepsOf(world).create('second') }),
    verify: async (world, result) => {
      if ((await secondApplication(world)) !== made(result).applicationId) throw new Error('another application');
    },
  },
  {
    name: 'CreateApplicationVersion',
    prepare: (world) => stepsOf(world).create('second'),
    act: async (world) => ({ versionId: await stepsOf(world).createVersion(await secondApplication(world)) }),
    verify: (world, result) => expectVersion(world, made(result).versionId, 'uploading'),
  },
  {
    name: 'CreateApplicationSnapshot and what follows from it',
    prepare: async (world) => {
      const versionId = await stepsOf(world).createVersion(await stepsOf(world).create('second'));
      await world.packages.upload(versionId, [{ name: 'bin/game', content: '\x7fELF', mode: 0o100755 }]);
    },
    act: async (world) => {
      const applicationId = await secondApplication(world);
      const input = { applicationId, downloadUrl: '' };
      const outcome = await expectType(world.h.services.createSnapshot(world.h.caller, input), 'accepted');
      await world.h.settled();
      return outcome;
    },
    verify: (world, result) => expectVersion(world, made(result).versionId, 'creating', 'normal', 'in-use'),
  },
  {
    name: 'SetVersionOnline',
    prepare: async (world) => {
      const { applicationId } = await stepsOf(world).configured('second');
      await stepsOf(world).ready(applicationId);
    },
    act: async (world) => {
      const key = await newestVersion(world);
      await expectType(world.h.services.publishVersion(world.h.caller, key), 'published');
      return key;
    },
    verify: (world, result) => expectVersion(world, made(result).versionId, 'in-use'),
  },
  {
    name: 'DeleteApplicationVersion',
    prepare: async (world) => stepsOf(world).createVersion(await stepsOf(world).create('second')),
    act: async (world) => {
      const key = await newestVersion(world);
      await expectType(world.h.services.deleteVersion(world.h.caller, key), 'deleted');
      return key;
    },
    verify: (world, result) => expectVersion(world, made(result).versionId, 'deleting', 'deleted'),
  },
  {
    name: 'DeleteApplication',
    prepare: async (world) => stepsOf(world).createVersion(await stepsOf(world).create('second')),
    act: async (world) => {
      const key = await newestVersion(world);
      await expectType(world.h.services.deleteApplication(world.h.caller, key), 'deleted');
      return key;
    },
    verify: async (world, result) => {
      await expectVersion(world, made(result).versionId, 'deleting', 'deleted');
      // Its name is free at once.
      const input = { name: 'second', kind: 'Application3D' } as const;
      await expectType(world.h.services.createApplicationRecord(world.h.caller, input), 'created');
    },
  },
];

const projectActions: readonly FaultAction[] = [
  {
    name: 'CreateApplicationProject',
    act: async ({ h }) => {
      const input = { name: 'second', applicationId: h.applicationId, sharedApplicationIds: [], settings: { fps: 30 } };
      const outcome = await h.services.createApplicationProject(h.caller, input);
      if (outcome.type !== 'created') throw new Error(outcome.type);
      return { projectId: outcome.project.id };
    },
    verify: async ({ h }, result) => {
      const { projectId } = made(result);
      const found = await h.services.describeApplicationProject(h.caller, { projectId });
      if (found.type !== 'described' || found.project.fps !== 30) throw new Error(`the project is ${found.type}`);
    },
  },
  {
    name: 'ModifyApplicationProject',
    act: ({ h }) => {
      const change = { projectId: h.projectId, name: 'renamed', settings: { fps: 24 } };
      return expectType(h.services.modifyApplicationProject(h.caller, change), 'modified');
    },
    verify: async ({ h }) => {
      const project = await h.services.findProject(h.caller.accountId, 'renamed');
      if (project?.fps !== 24) throw new Error(`the project was changed by halves: ${project?.fps}`);
    },
  },
];

const keyActions: readonly FaultAction[] = [
  {
    name: 'a new account with a key',
    act: async ({ h }) => {
      const { accountId } = await h.services.createAccount({ name: 'second' });
      return h.services.createAccessKey({ accountId });
    },
    verify: async ({ h }, result) => {
      const found = await h.services.findAccessKey(made(result).secretId);
      if (found?.secretKey !== made(result).secretKey) throw new Error('the key that was handed out does not work');
    },
  },
  {
    name: 'the rotation of a key',
    act: async ({ h }) => {
      const [key] = await h.services.listAccessKeys(h.caller.accountId);
      const rotation = { secretId: key!.secretId, oldValidUntil: h.now() + 1_000 };
      return { old: key!.secretId, ...(await h.services.rotateAccessKey(rotation)) };
    },
    verify: async ({ h }, result) => {
      const found = await h.services.findAccessKey(made(result).secretId);
      if (found?.secretKey !== made(result).secretKey) throw new Error('the new key does not work');
      const old = await h.services.findAccessKey((result as { readonly old: string }).old);
      if (old === null || old.expiresAt === null) throw new Error('the old key does not run out');
    },
  },
  {
    name: 'a key that is disabled and deleted',
    prepare: ({ h }) => h.services.createAccessKey({ accountId: h.caller.accountId, name: 'second' }),
    act: async ({ h }) => {
      const keys = await h.services.listAccessKeys(h.caller.accountId);
      const secretId = keys.find((key) => key.name === 'second')?.secretId ?? '';
      await h.services.disableAccessKey(secretId);
      await h.services.deleteAccessKey(secretId);
      return { secretId };
    },
    verify: async ({ h }, result) => {
      if ((await h.services.findAccessKey(made(result).secretId)) !== null) throw new Error('the deleted key works');
    },
  },
];

/** Actions about applications, projects and keys. */
export const managementActions: readonly FaultAction[] = [...applicationActions, ...projectActions, ...keyActions];
