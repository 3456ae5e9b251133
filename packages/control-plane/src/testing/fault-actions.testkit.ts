import { sql } from 'drizzle-orm';
import { findPublish } from '../db/publishes.js';
import { findLiveSession, findSession } from '../db/sessions.js';
import { managementActions } from './fault-actions-management.testkit.js';
import { packageActions } from './fault-actions-packages.testkit.js';
import type { FaultAction, FaultWorld, VerifiedWorld } from './fault-world.testkit.js';
import { applyInput, createInput } from './harness.testkit.js';

const apply = ({ h }: FaultWorld, userId = 'u1') => h.services.applyConcurrent(h.caller, applyInput(h, userId));
const create = ({ h }: FaultWorld, extra = {}, userId = 'u1') =>
  h.services.createSession(h.caller, createInput(userId, extra));
const destroy = ({ h }: FaultWorld, userId = 'u1') => h.services.destroySession(h.caller, { userId });

async function run(world: FaultWorld): Promise<string> {
  await apply(world);
  const outcome = await create(world);
  if (outcome.type !== 'created') throw new Error(`not created: ${outcome.type}`);
  await world.node.clientConnected(outcome.sessionId, true);
  return outcome.sessionId;
}

const idOf = (result: unknown): string => {
  const { sessionId } = result as { readonly sessionId?: string };
  if (sessionId === undefined) throw new Error(`the action gave no session: ${JSON.stringify(result)}`);
  return sessionId;
};

async function expectState({ h }: VerifiedWorld, sessionId: string, ...allowed: string[]): Promise<void> {
  const row = await findSession(h.database.executor, sessionId);
  if (row === null || !allowed.includes(row.state)) {
    throw new Error(`session ${sessionId} is ${row?.state ?? 'gone'}, not ${allowed.join(' or ')}`);
  }
}

async function expectNoLiveSession({ h }: VerifiedWorld, userId = 'u1'): Promise<void> {
  const row = await findLiveSession(h.database.executor, { accountId: h.caller.accountId, userId });
  if (row !== null && row.state !== 'ending')
    throw new Error(`user ${userId} still has a session that is ${row.state}`);
}

const pushUrl = 'rtmp://203.0.113.9/live/key';

async function expectPush({ h }: VerifiedWorld, ...allowed: string[]): Promise<void> {
  const row = await findLiveSession(h.database.executor, { accountId: h.caller.accountId, userId: 'u1' });
  const push = row === null ? null : await findPublish(h.database.executor, row.id);
  if (push === null || !allowed.includes(push.state)) throw new Error(`the push is ${push?.state ?? 'gone'}`);
}

const sessionActions: readonly FaultAction[] = [
  {
    name: 'ApplyConcurrent',
    act: (world) => apply(world),
    verify: (world, result) => expectState(world, idOf(result), 'reserved'),
  },
  {
    name: 'ApplyConcurrent of a user who holds a reservation',
    prepare: (world) => apply(world),
    act: (world) => apply(world),
    verify: (world, result) => expectState(world, idOf(result), 'reserved'),
  },
  {
    name: 'CreateSession',
    prepare: (world) => apply(world),
    act: (world) => create(world),
    verify: (world, result) => expectState(world, idOf(result), 'starting', 'running', 'waiting-reconnect'),
  },
  {
    name: 'CreateSession without a client',
    prepare: (world) => apply(world),
    act: (world) => create(world, { clientSession: null, runWithoutClient: true }),
    verify: (world, result) => expectState(world, idOf(result), 'starting', 'running', 'waiting-reconnect'),
  },
  {
    name: 'CreateSession of a running session',
    prepare: run,
    act: (world) => create(world),
    verify: (world, result) => expectState(world, idOf(result), 'running', 'waiting-reconnect'),
  },
  {
    name: 'CreateSession of a guest',
    prepare: run,
    act: (world) => create(world, { hostUserId: 'u1', role: 'Player' }, 'guest'),
    verify: (world, result) => expectState(world, idOf(result), 'running', 'waiting-reconnect'),
  },
  {
    name: 'DestroySession of a reservation',
    prepare: (world) => apply(world),
    act: (world) => destroy(world),
    verify: (world) => expectNoLiveSession(world),
  },
  {
    name: 'DestroySession of a running session',
    prepare: run,
    act: (world) => destroy(world),
    verify: (world) => expectNoLiveSession(world),
  },
];

const nodeActions: readonly FaultAction[] = [
  {
    name: 'a client that leaves',
    prepare: run,
    act: async ({ h, node }) => {
      const [session] = await h.services.listSessions();
      await node.clientConnected(session!.sessionId, false);
      return session;
    },
    verify: (world, result) => expectState(world, idOf(result), 'waiting-reconnect'),
  },
  {
    name: 'a program that ends',
    prepare: run,
    act: async ({ h, node }) => {
      const [session] = await h.services.listSessions();
      await node.programExited(session!.sessionId, 3);
      return session;
    },
    verify: async (world, result) => {
      await expectState(world, idOf(result), 'ended');
      const row = await findSession(world.h.database.executor, idOf(result));
      if (row?.exitCode !== 3) throw new Error(`exit code ${row?.exitCode}`);
    },
  },
  {
    name: "a node's status",
    prepare: run,
    act: ({ node }) => node.sendStatus(),
    verify: async () => undefined,
  },
];

const deadlineActions: readonly FaultAction[] = [
  {
    name: 'the sweep of an expired reservation',
    prepare: (world) => apply(world),
    act: ({ h }) => {
      h.advance(60_000);
      return h.services.sweep();
    },
    verify: (world) => expectNoLiveSession(world),
  },
  {
    name: 'the sweep of a session whose client stays away',
    prepare: async (world) => {
      const sessionId = await run(world);
      await world.node.clientConnected(sessionId, false);
    },
    act: async ({ h, node }) => {
      h.advance(120_000);
      await node.sendStatus();
      await h.services.sweep();
    },
    verify: (world) => expectNoLiveSession(world),
  },
  {
    name: 'the sweep of a silent node',
    prepare: run,
    act: ({ h }) => {
      h.advance(30_001);
      return h.services.sweep();
    },
    verify: (world) => expectNoLiveSession(world),
  },
  {
    name: 'an end by an operator',
    prepare: run,
    act: async ({ h }) => {
      const [session] = await h.services.listSessions();
      return h.services.endSession(session!.sessionId, 'kicked');
    },
    verify: (world) => expectNoLiveSession(world),
  },
];

const recordActions: readonly FaultAction[] = [
  {
    name: 'the first access key',
    prepare: ({ h }) => h.database.executor.execute(sql`DELETE FROM access_keys`),
    act: ({ h }) => h.services.ensureAccessKey(),
    verify: async ({ h }, result) => {
      const made = result as { readonly secretId: string; readonly secretKey: string };
      const found = await h.services.findAccessKey(made.secretId);
      if (found?.secretKey !== made.secretKey) throw new Error('the key that was handed out does not work');
    },
  },
  {
    name: 'a new application and project',
    act: async ({ h }) => {
      const { accountId } = h.caller;
      const input = { accountId, name: 'second', kind: 'Application3D', entryPath: 'bin/second', args: [] } as const;
      const { id } = await h.services.createApplication(input);
      await h.services.createProject({ accountId, name: 'second', applicationId: id });
      return id;
    },
    verify: async ({ h }, result) => {
      const application = await h.services.findApplication(h.caller.accountId, 'second');
      const project = await h.services.findProject(h.caller.accountId, 'second');
      if (application?.id !== result || project === null) throw new Error('application or project is gone');
    },
  },
];

const streamActions: readonly FaultAction[] = [
  {
    name: 'StartPublishStreamWithURL',
    prepare: run,
    act: ({ h }) => h.services.startPublishStreamWithUrl(h.caller, { userId: 'u1', url: pushUrl }),
    verify: (world) => expectPush(world, 'connecting', 'publishing'),
  },
  {
    name: 'StopPublishStream',
    prepare: async (world) => {
      await run(world);
      await world.h.services.startPublishStreamWithUrl(world.h.caller, { userId: 'u1', url: pushUrl });
    },
    act: ({ h }) => h.services.stopPublishStream(h.caller, { userId: 'u1' }),
    verify: (world) => expectPush(world, 'stopped'),
  },
];

/** Actions about sessions and nodes. */
export const sessionFaultActions: readonly FaultAction[] = [
  ...sessionActions,
  ...nodeActions,
  ...deadlineActions,
  ...streamActions,
];

/** Actions about everything else. */
export const managementFaultActions: readonly FaultAction[] = [
  ...recordActions,
  ...managementActions,
  ...packageActions,
];

/** Every mutating action of the control plane. */
export const faultActions: readonly FaultAction[] = [...sessionFaultActions, ...managementFaultActions];
