import fc from 'fast-check';
import { findSession } from '../../db/sessions.js';
import { changeProject, createActors } from '../concurrency.testkit.js';
import { createInput } from '../harness.testkit.js';
import type { ModelWorld } from './world.testkit.js';

/** What a client does next; each client is a user of its own. */
export type ClientCommand = 'apply' | 'create' | 'connect' | 'disconnect' | 'exit' | 'destroy' | 'push' | 'count';

/** What happens to everybody. */
export type FateCommand =
  | { readonly type: 'lose' | 'return' | 'reboot'; readonly node: number }
  | { readonly type: 'advance'; readonly ms: number }
  | { readonly type: 'restart' }
  /** Concurrencies of the project's package; null: it is bound to none. */
  | { readonly type: 'package'; readonly seats: number | null }
  | { readonly type: 'preload'; readonly on: boolean };

const clientCommand: fc.Arbitrary<ClientCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<ClientCommand>('apply') },
  { weight: 5, arbitrary: fc.constant<ClientCommand>('create') },
  { weight: 3, arbitrary: fc.constantFrom<ClientCommand>('connect', 'disconnect', 'destroy') },
  { weight: 1, arbitrary: fc.constantFrom<ClientCommand>('exit', 'push', 'count') },
);

const fateCommand = (nodes: number): fc.Arbitrary<FateCommand> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('lose', 'reboot'), node: fc.nat(nodes - 1) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('return'), node: fc.nat(nodes - 1) }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('advance'), ms: fc.constantFrom(1_000, 31_000, 61_000) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('restart') }) },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('package'), seats: fc.option(fc.integer({ min: 1, max: 30 })) }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('preload'), on: fc.boolean() }) },
  );

/** The same commands for the same seed. */
export function planCommands(options: {
  readonly seed: number;
  readonly clients: number;
  readonly steps: number;
  readonly nodes: number;
  readonly fates: number;
}): { readonly clients: readonly (readonly ClientCommand[])[]; readonly fate: readonly FateCommand[] } {
  const { seed, clients, steps, nodes, fates } = options;
  const all = fc.sample(clientCommand, { seed, numRuns: clients * steps });
  return {
    clients: Array.from({ length: clients }, (_, index) => all.slice(index * steps, (index + 1) * steps)),
    fate: fc.sample(fateCommand(nodes), { seed, numRuns: fates }),
  };
}

/** What all clients share. */
export interface ParallelState {
  /** Changes before and after everything that may end sessions: what was promised before may be gone after it. */
  epoch: number;
  /** Whom each session was promised to. */
  readonly owners: Map<string, string>;
  /** Calls that came to each outcome. */
  readonly outcomes: Map<string, number>;
}

/** A user who knows what was promised. Calls come one after the other; others call at the same time. */
export function createParallelClient(world: ModelWorld, state: ParallelState, user: string) {
  let promised: { readonly sessionId: string; readonly epoch: number } | null = null;
  const count = (name: string) => {
    state.outcomes.set(name, (state.outcomes.get(name) ?? 0) + 1);
  };
  /** The session that the user must still have; null: it may have ended. */
  const certain = () =>
    promised !== null && promised.epoch === state.epoch && state.epoch % 2 === 0 ? promised.sessionId : null;
  const onNode = async () => {
    if (promised === null) return null;
    const row = await findSession(world.h().database.executor, promised.sessionId);
    if (row === null || world.isLost(row.nodeId)) return null;
    const simulator = world.node(row.nodeId);
    const runs = simulator.describe().slots.some((slot) => slot.state === 'busy' && slot.sessionId === row.id);
    return runs ? { simulator, sessionId: row.id } : null;
  };
  const promise = async (sessionId: string) => {
    const owner = state.owners.get(sessionId);
    if (owner !== undefined && owner !== user)
      throw new Error(`${sessionId} of ${owner} was promised to ${user} as well`);
    state.owners.set(sessionId, user);
    const { epoch } = state;
    const row = await findSession(world.h().database.executor, sessionId);
    if (row === null || row.userId !== user) throw new Error(`${sessionId} of ${user} belongs to ${row?.userId}`);
    promised = { sessionId, epoch };
  };
  const apply = async () => {
    const before = certain();
    const outcome = await createActors(world.h()).apply(user);
    count(`apply ${outcome.type}`);
    const after = certain();
    const got = outcome.type === 'reserved' ? outcome.sessionId : null;
    if (before !== null && after === before) count('promises kept');
    if (before !== null && after === before && got !== before) {
      throw new Error(`${user} holds ${before}, but ApplyConcurrent says ${JSON.stringify(outcome)}`);
    }
    if (got !== null) await promise(got);
  };
  const create = async () => {
    const before = certain();
    const lostBefore = promised !== null && (await onLostNode(world, promised.sessionId));
    const h = world.h();
    const outcome = await h.services.createSession(h.caller, createInput(user));
    count(`create ${outcome.type}`);
    if (before !== null && certain() === before && !lostBefore) {
      if (outcome.type !== 'created') {
        const detail = await h.services.findSessionDetail({ sessionId: before });
        throw new Error(
          `${user} holds ${before}, CreateSession says ${outcome.type}: ${h.now()} ${JSON.stringify(detail)}`,
        );
      }
      if (outcome.sessionId !== before) throw new Error(`${user} got another session than ${before}`);
    }
    // A start that failed ends the session.
    if (outcome.type !== 'created') promised = null;
  };
  const report = async (connected: boolean) => {
    const found = await onNode();
    // A report that nobody hears, because the control plane is just being replaced, is made up for by the next status.
    await found?.simulator.clientConnected(found.sessionId, connected).catch(() => undefined);
  };
  const run = async (command: ClientCommand): Promise<void> => {
    const h = world.h();
    switch (command) {
      case 'apply':
        return apply();
      case 'create':
        return create();
      case 'connect':
      case 'disconnect':
        return report(command === 'connect');
      case 'exit': {
        const found = await onNode();
        promised = null;
        await found?.simulator.programExited(found.sessionId, 0).catch(() => undefined);
        return;
      }
      case 'destroy':
        promised = null;
        return count(`destroy ${(await h.services.destroySession(h.caller, { userId: user })).type}`);
      case 'push': {
        const url = `rtmp://203.0.113.9/live/${user}`;
        return count(`push ${(await h.services.startPublishStreamWithUrl(h.caller, { userId: user, url })).type}`);
      }
      case 'count':
        await h.services.describeConcurrentCount(h.caller, { projectId: h.projectId, category: '' });
    }
  };
  return { run };
}

async function onLostNode(world: ModelWorld, sessionId: string): Promise<boolean> {
  const row = await findSession(world.h().database.executor, sessionId);
  return row === null || world.isLost(row.nodeId);
}

/** Carries out what happens to everybody. `packageId` is the project's package. */
export async function runFate(
  world: ModelWorld,
  state: ParallelState,
  command: FateCommand,
  place: { readonly nodeIds: readonly string[]; readonly packageId: string },
): Promise<void> {
  const h = world.h();
  const nodeId = 'node' in command ? (place.nodeIds[command.node] ?? '') : '';
  switch (command.type) {
    case 'package': {
      // What shrinks or is unbound drains: nobody loses what was promised.
      const { packageId } = place;
      if (command.seats === null) {
        await createActors(h).unbind([packageId]);
        return;
      }
      await h.services.resizePackage({ packageId, amount: command.seats, force: true });
      await createActors(h).bind([packageId]);
      return;
    }
    case 'preload':
      return changeProject(h, h.projectId, { isPreload: command.on, preloadMs: 1_000 });
    case 'lose':
    case 'return':
    case 'reboot':
    case 'advance':
    case 'restart':
      state.epoch += 1;
      if (command.type === 'lose') world.lose(nodeId);
      if (command.type === 'return') await world.comeBack(nodeId);
      if (command.type === 'reboot') await world.reboot(nodeId);
      if (command.type === 'advance') h.advance(command.ms);
      if (command.type === 'restart') await world.restart();
      await world.settle();
      state.epoch += 1;
  }
}
