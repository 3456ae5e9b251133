import { isDeepStrictEqual } from 'node:util';
import { listSessions } from '../../db/sessions.js';
import { listSlots } from '../../db/slots.js';
import { serviceLimits } from '../../services/limits.js';
import { createActors } from '../concurrency.testkit.js';
import { applyInput, createInput, testSettings } from '../harness.testkit.js';
import { findViolations } from '../invariants.testkit.js';
import type { ModelCommand } from './commands.testkit.js';
import type { ModelWorld } from './world.testkit.js';

/** What a user was promised. */
interface Promised {
  readonly sessionId: string;
  readonly nodeId: string;
  readonly slotIndex: number;
  /** Before this moment the session must not end by itself. */
  expiresAt: number;
  /** Something has happened that ends it, or may. */
  mayEnd: boolean;
  /** The program runs. */
  launched: boolean;
}

/** The reference: what users were promised, and what may take it away again. */
export interface Reference {
  run(command: ModelCommand): Promise<void>;
  /** Everybody leaves and every node is back: nothing may be left. */
  finish(): Promise<void>;
}

function fail(message: string): never {
  throw new Error(message);
}

/** Creates the reference beside a world that runs the real thing. */
export function createReference(world: ModelWorld, users: readonly string[], nodeIds: readonly string[]): Reference {
  const promises = new Map<string, Promised>();
  /** The project's package; null: it has none. */
  let packageId: string | null = null;
  /** Nodes that take no new sessions. */
  const drained = new Set<string>();
  const now = () => world.h().now();
  const liveRows = () => listSessions(world.h().database.executor, { includeEnded: false });
  const held = (user: string): Promised | null => {
    const promise = promises.get(user);
    return promise === undefined || promise.mayEnd || now() >= promise.expiresAt ? null : promise;
  };
  const onNode = (nodeId: string) => [...promises.values()].filter((promise) => promise.nodeId === nodeId);

  const apply = async (user: string) => {
    const { h } = world;
    const before = await liveRows();
    const idle = (await listSlots(h().database.executor)).filter((slot) => slot.state === 'idle');
    const promise = held(user);
    const free = await countFreeSeats(world, packageId);
    const outcome = await h().services.applyConcurrent(h().caller, applyInput(h(), user));
    if (promise !== null) {
      if (!isDeepStrictEqual(outcome, { type: 'reserved', sessionId: promise.sessionId })) {
        fail(`${user} holds ${promise.sessionId}, but ApplyConcurrent says ${JSON.stringify(outcome)}`);
      }
      if (!promise.launched) promise.expiresAt = Math.max(promise.expiresAt, now() + testSettings.reservationMs);
      return;
    }
    const had = before.find((row) => row.userId === user);
    if (outcome.type !== 'reserved') {
      if (had === undefined && outcome.type !== 'no-idle') fail(`${user} got ${outcome.type}`);
      const usable = idle.filter((slot) => slot.online && !drained.has(slot.nodeId)).length;
      if (had === undefined && usable > 0 && free > 0) fail(`${user} got none of ${usable} slots and ${free} seats`);
      return;
    }
    if (had?.id === outcome.sessionId) return;
    if (free <= 0 && had === undefined) fail(`${user} got ${outcome.sessionId}, but no seat was free`);
    const row = (await liveRows()).find((candidate) => candidate.id === outcome.sessionId);
    if (row === undefined) fail(`${outcome.sessionId} was promised and is not there`);
    if (!idle.some((slot) => slot.nodeId === row.nodeId && slot.slotIndex === row.slotIndex)) {
      fail(`${outcome.sessionId} got a slot that was not idle`);
    }
    const { nodeId, slotIndex } = row;
    if (drained.has(nodeId)) fail(`${outcome.sessionId} was put on ${nodeId}, which is drained`);
    const expiresAt = now() + testSettings.reservationMs;
    promises.set(user, { sessionId: row.id, nodeId, slotIndex, expiresAt, mayEnd: false, launched: false });
  };

  const create = async (user: string) => {
    const { h } = world;
    const promise = held(user);
    const outcome = await h().services.createSession(h().caller, createInput(user));
    if (promise === null) {
      if (outcome.type === 'created' && !promises.has(user)) fail(`${user} got a session without a reservation`);
      return;
    }
    if (world.isLost(promise.nodeId)) {
      // A start that nobody hears of fails; so may the session of a node that is gone.
      if (outcome.type === 'created') fail(`${user} got a session on a node that is out of reach`);
      promise.mayEnd = true;
      return;
    }
    if (outcome.type !== 'created') fail(`${user} holds ${promise.sessionId}, but CreateSession says ${outcome.type}`);
    if (outcome.sessionId !== promise.sessionId) fail(`${user} got another session than was reserved`);
    promise.launched = true;
    promise.expiresAt = Math.max(promise.expiresAt, now() + testSettings.startMs);
  };

  const client = async (user: string, connected: boolean) => {
    const promise = held(user);
    if (promise === null || !promise.launched || world.isLost(promise.nodeId)) return;
    const simulator = world.node(promise.nodeId);
    if (!simulator.describe().slots.some((slot) => slot.state === 'busy' && slot.sessionId === promise.sessionId))
      return;
    const running = promise.expiresAt === Number.POSITIVE_INFINITY;
    await simulator.clientConnected(promise.sessionId, connected);
    if (connected) promise.expiresAt = Number.POSITIVE_INFINITY;
    else if (running) promise.expiresAt = now() + testSettings.reconnectGraceMs;
  };

  const exit = async (user: string) => {
    const promise = promises.get(user);
    if (promise === undefined || !promise.launched) return;
    const simulator = world.node(promise.nodeId);
    if (!simulator.describe().slots.some((slot) => slot.state === 'busy' && slot.sessionId === promise.sessionId))
      return;
    promise.mayEnd = true;
    await simulator.programExited(promise.sessionId, 0);
  };

  const change = async (command: ModelCommand): Promise<void> => {
    switch (command.type) {
      case 'apply':
        return apply(command.user);
      case 'create':
        return create(command.user);
      case 'client':
        return client(command.user, command.connected);
      case 'exit':
        return exit(command.user);
      case 'destroy': {
        const promise = promises.get(command.user);
        if (promise !== undefined) promise.mayEnd = true;
        await world.h().services.destroySession(world.h().caller, { userId: command.user });
        return;
      }
      case 'lose':
        return world.lose(command.node);
      case 'return':
        return world.comeBack(command.node);
      case 'reboot':
        // What was only reserved needs nothing from the node yet.
        for (const promise of onNode(command.node)) promise.mayEnd ||= promise.launched;
        return world.reboot(command.node);
      case 'drain':
        drained.add(command.node);
        return world.h().services.drainNode(command.node);
      case 'resume':
        drained.delete(command.node);
        return world.h().services.resumeNode(command.node);
      case 'advance':
        world.h().advance(command.ms);
        for (const nodeId of nodeIds.filter(world.isLost)) for (const promise of onNode(nodeId)) promise.mayEnd = true;
        return;
      case 'package':
        // Whoever holds something keeps it, however small the package becomes.
        packageId = await changePackage(world, packageId, command.seats);
        return;
      case 'restart':
        // Nobody could reconnect meanwhile: those who wait for their client get a little more time.
        for (const promise of promises.values()) {
          if (promise.launched) promise.expiresAt = Math.max(promise.expiresAt, now() + serviceLimits.resumeGraceMs);
        }
        return world.restart();
    }
  };

  const check = async () => {
    const violations = await findViolations(world.h().database);
    if (violations.length > 0) fail(violations.join('\n'));
    const live = await liveRows();
    for (const [user, promise] of promises) {
      const row = live.find((candidate) => candidate.id === promise.sessionId);
      const gone = row === undefined || row.state === 'ending';
      if (gone && held(user) !== null) fail(`${user} has lost ${promise.sessionId} for no reason`);
      if (!gone && now() >= promise.expiresAt && !world.isLost(promise.nodeId)) {
        fail(`${promise.sessionId} of ${user} outlives its deadline: it is ${row.state}`);
      }
      if (row === undefined) promises.delete(user);
    }
    await checkCounts(world);
  };

  return {
    run: async (command) => {
      await change(command);
      await world.settle();
      await check();
    },
    finish: async () => {
      for (const nodeId of nodeIds) {
        await world.comeBack(nodeId);
        await world.h().services.resumeNode(nodeId);
      }
      for (const user of users) await world.h().services.destroySession(world.h().caller, { userId: user });
      for (let round = 0; round < 3; round += 1) {
        await world.settle();
        world.h().advance(testSettings.cleaningMs);
      }
      await world.settle();
      const left = (await listSlots(world.h().database.executor)).filter((slot) => slot.state !== 'idle');
      if (left.length > 0) fail(`slots have leaked: ${JSON.stringify(left)}`);
      const live = await liveRows();
      if (live.length > 0) fail(`sessions are left: ${JSON.stringify(live)}`);
    },
  };
}

/** Gives the project a package of a size, or takes its package away. */
async function changePackage(world: ModelWorld, present: string | null, seats: number | null): Promise<string | null> {
  const { services } = world.h();
  const actors = createActors(world.h());
  if (seats === null) {
    if (present !== null) await services.revokePackage(present);
    return null;
  }
  if (present !== null) {
    await services.resizePackage({ packageId: present, amount: seats, force: true });
    return present;
  }
  const { id } = await actors.grant({ amount: seats, force: true });
  await actors.bind([id]);
  return id;
}

/** Seats that nobody has; without a package there are as many as slots. */
async function countFreeSeats(world: ModelWorld, packageId: string | null): Promise<number> {
  if (packageId === null) return Number.POSITIVE_INFINITY;
  const found = await createActors(world.h()).pack(packageId);
  if (found === null) fail(`package ${packageId} is gone`);
  return found.amount - found.using;
}

/** What DescribeConcurrentCount says is what the slots say. */
async function checkCounts(world: ModelWorld): Promise<void> {
  const h = world.h();
  const input = { projectId: h.projectId, category: '' } as const;
  const outcome = await h.services.describeConcurrentCount(h.caller, input);
  if (outcome.type !== 'counted') fail(`the count is ${outcome.type}`);
  const slots = await listSlots(h.database.executor);
  const running = slots.filter((slot) => slot.projectId === h.projectId).length;
  if (outcome.count.running > running || outcome.count.total > slots.length) {
    fail(`counted ${JSON.stringify(outcome.count)}, but ${running} of ${slots.length} slots are in use`);
  }
}
