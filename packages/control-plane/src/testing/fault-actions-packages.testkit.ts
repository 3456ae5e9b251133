import { type Actors, changeProject, createActors } from './concurrency.testkit.js';
import type { FaultAction, FaultWorld, VerifiedWorld } from './fault-world.testkit.js';
import type { Harness } from './harness.testkit.js';

const name = 'second';

async function packageOf({ h }: VerifiedWorld) {
  const page = await h.services.describePackages(h.caller, { offset: 0, limit: 1, names: [name] });
  const found = page.packages[0];
  if (found === undefined) throw new Error('the package is gone');
  return found;
}

/** Another project of the same application. */
async function secondProject(h: Harness): Promise<string> {
  const { accountId } = h.caller;
  const found = await h.services.findProject(accountId, name);
  if (found !== null) return found.id;
  return (await h.services.createProject({ accountId, name, applicationId: h.applicationId })).id;
}

/** A package of the main project on which somebody plays. */
async function playOnPackage({ h, node }: FaultWorld): Promise<Actors> {
  const actors = createActors(h);
  const { id } = await actors.grant({ name, amount: 2 });
  await actors.bind([id]);
  await actors.play(node, 'u1');
  return actors;
}

const seatsOf = async (world: VerifiedWorld) => (await packageOf(world)).amount;

async function expectPlaying({ h }: VerifiedWorld): Promise<void> {
  const live = await h.services.listSessions();
  if (live.length !== 1) throw new Error(`${live.length} sessions live: whoever plays must not be cut off`);
}

const grantActions: readonly FaultAction[] = [
  {
    name: 'the grant of a package',
    act: ({ h }) => createActors(h).grant({ name, amount: 2 }),
    verify: async (world) => {
      if ((await seatsOf(world)) !== 2) throw new Error('the package was granted by halves');
    },
  },
  {
    name: 'a package that is made smaller while somebody plays on it',
    prepare: playOnPackage,
    act: async (world) =>
      world.h.services.resizePackage({ packageId: (await packageOf(world)).id, amount: 1, force: false }),
    verify: async (world) => {
      if ((await seatsOf(world)) !== 1) throw new Error('the package has its former size');
      await expectPlaying(world);
    },
  },
  {
    name: 'a package that is taken back, and the sweep that removes it',
    prepare: ({ h }) => createActors(h).grant({ name, amount: 2 }),
    act: async (world) => {
      await world.h.services.revokePackage((await packageOf(world)).id);
      await world.h.services.sweep();
    },
    verify: async (world) => {
      const found = await packageOf(world).catch(() => null);
      if (found !== null) throw new Error('the package is still there');
    },
  },
  {
    name: 'the sweep of a package that expires while somebody plays on it',
    prepare: async (world) => {
      await playOnPackage(world);
      const { id } = await packageOf(world);
      await world.h.services.setPackageExpiry({ packageId: id, expiresAt: world.h.now() + 1_000 });
    },
    act: async ({ h, node }) => {
      h.advance(1_000);
      await node.sendStatus();
      await h.services.sweep();
    },
    verify: async (world) => {
      const { status } = await packageOf(world);
      if (status !== 'expired') throw new Error(`the package is ${status}`);
      await expectPlaying(world);
    },
  },
];

const bindActions: readonly FaultAction[] = [
  {
    name: 'BindConcurrentPackagesToProject',
    prepare: ({ h }) => createActors(h).grant({ name, amount: 2 }),
    act: async (world) => createActors(world.h).bind([(await packageOf(world)).id]),
    verify: async (world) => {
      if ((await packageOf(world)).projectId !== world.h.projectId) throw new Error('the package is not bound');
    },
  },
  {
    name: 'BindConcurrentPackagesToProject of a package that moves while somebody plays on it',
    prepare: async (world) => {
      await playOnPackage(world);
      await secondProject(world.h);
    },
    act: async (world) => createActors(world.h).bind([(await packageOf(world)).id], await secondProject(world.h)),
    verify: async (world) => {
      if ((await packageOf(world)).projectId === world.h.projectId) throw new Error('the package has not moved');
      await expectPlaying(world);
    },
  },
  {
    name: 'UnbindConcurrentPackagesFromProject while somebody plays',
    prepare: playOnPackage,
    act: async (world) => createActors(world.h).unbind([(await packageOf(world)).id]),
    verify: async (world) => {
      if ((await packageOf(world)).projectId !== null) throw new Error('the package is still bound');
      await expectPlaying(world);
    },
  },
  {
    name: 'ResetConcurrentPackages',
    prepare: playOnPackage,
    act: async (world) => world.h.services.resetPackages(world.h.caller, { packageIds: [(await packageOf(world)).id] }),
    verify: async ({ h }) => {
      const live = await h.services.listSessions();
      if (live.some((session) => session.state !== 'ending')) throw new Error('a session of the package goes on');
    },
  },
  {
    name: 'DeleteApplicationProjects of a project with a package',
    prepare: async ({ h }) => {
      const { id } = await createActors(h).grant({ name, amount: 2 });
      await createActors(h).bind([id], await secondProject(h));
    },
    act: async ({ h }) => {
      const project = await h.services.findProject(h.caller.accountId, name);
      return h.services.deleteApplicationProjects(h.caller, { projectIds: [project?.id ?? ''] });
    },
    verify: async (world) => {
      const { h } = world;
      if ((await h.services.findProject(h.caller.accountId, name)) !== null) throw new Error('the project is there');
      if ((await packageOf(world)).projectId !== null) throw new Error('the package is bound to a deleted project');
    },
  },
];

/** Starts the programs that a preloaded project wants, and lets them load. */
async function preload({ h, node }: FaultWorld): Promise<void> {
  await changeProject(h, h.projectId, { isPreload: true, preloadMs: 10_000 });
  for (const ms of [5_000, 10_000]) {
    h.advance(ms);
    await node.sendStatus();
    await h.services.sweep();
    await h.settled();
  }
}

const prelaunchActions: readonly FaultAction[] = [
  {
    name: 'the sweep that starts a program for the next user',
    act: preload,
    verify: async ({ h }) => {
      if ((await h.services.listSessions()).length === 0) throw new Error('nothing was started');
    },
  },
  {
    name: 'ApplyConcurrent that takes a program that runs already',
    prepare: preload,
    act: ({ h }) => createActors(h).apply('u1'),
    verify: async ({ h }, result) => {
      const { sessionId } = result as { readonly sessionId: string };
      const live = await h.services.listSessions();
      if (!live.some((session) => session.sessionId === sessionId && session.userId === 'u1')) {
        throw new Error('the program that was promised belongs to somebody else');
      }
    },
  },
];

/** Actions about concurrency packages and prelaunched programs. */
export const packageActions: readonly FaultAction[] = [...grantActions, ...bindActions, ...prelaunchActions];
