import { assertNever, type SessionEndReason } from '@cloudstage/protocol';
import { deleteGuestsOfSession } from '../../db/guests.js';
import { setPublishState } from '../../db/publishes.js';
import type { Executor, SessionRow, SlotRow } from '../../db/schema.js';
import { insertSessionEvent } from '../../db/session-events.js';
import { type SessionPatch, updateSession } from '../../db/sessions.js';
import { lockSlot, releaseSeat, updateSlot } from '../../db/slots.js';
import { insertUsageInterval } from '../../db/usage.js';
import type { DeadlineSettings } from '../../domain/deadlines.js';
import {
  type SessionEffect,
  type SessionEvent,
  type SessionState,
  transitionSession,
} from '../../domain/session-state.js';
import { type SlotEvent, type SlotState, transitionSlot } from '../../domain/slot-state.js';
import { advanceUsage } from '../../domain/usage.js';

/** A `session.end` command to be sent after the transaction has been committed. */
export interface EndOrder {
  readonly nodeId: string;
  readonly slotIndex: number;
  readonly sessionId: string;
  readonly reason: SessionEndReason;
}

/** A session after an event, and what is to be sent once the transaction is committed. */
export interface AppliedEvent {
  readonly row: SessionRow;
  readonly orders: readonly EndOrder[];
}

/** The part of a row the session machine works on. */
export function toSessionState(row: SessionRow): SessionState {
  return {
    name: row.state,
    deadlineAt: row.deadlineAt,
    launchedAt: row.launchedAt,
    runWithoutClient: row.runWithoutClient,
    reconnectGraceMs: row.reconnectGraceMs,
    endReason: row.endReason,
    exitCode: row.exitCode,
    endedAt: row.endedAt,
  };
}

/** The part of a row the slot machine works on. */
export function toSlotState(row: SlotRow): SlotState {
  return { name: row.state, sessionId: row.sessionId, deadlineAt: row.deadlineAt };
}

/**
 * Writes a slot's new state; the project is forgotten together with the session. A seat of a package is taken until the
 * slot is clean again, or at once where nobody will report that: a concurrency that is being cleaned serves no one.
 */
export async function saveSlotState(executor: Executor, row: SlotRow, next: SlotState): Promise<void> {
  const left = row.sessionId !== null && next.sessionId !== row.sessionId;
  const releases = row.packageId !== null && (left || (next.name === 'cleaning' && !row.online));
  if (releases && row.sessionId !== null) await releaseSeat(executor, row.sessionId);
  await updateSlot(executor, row, {
    state: next.name,
    sessionId: next.sessionId,
    deadlineAt: next.deadlineAt,
    projectId: next.sessionId === null ? null : row.projectId,
    packageId: releases ? null : row.packageId,
  });
}

function slotEventOf(effect: SessionEffect, sessionId: string): SlotEvent | null {
  switch (effect.type) {
    case 'occupy-slot':
      return { type: 'occupied', sessionId };
    case 'free-slot':
      return { type: 'freed', sessionId };
    case 'clean-slot':
      return { type: 'cleaning-begun', sessionId };
    case 'end-on-node':
      return null;
    default:
      return assertNever(effect, 'session effect');
  }
}

/**
 * Applies an event to a session that the caller has locked: row, slot and guests change together. `extra` fields are
 * written in the same statement.
 */
export async function applySessionEvent(
  executor: Executor,
  row: SessionRow,
  event: SessionEvent,
  context: { readonly now: number; readonly settings: DeadlineSettings },
  extra: SessionPatch = {},
): Promise<AppliedEvent> {
  const before = toSessionState(row);
  const { state, effects } = transitionSession(before, event, context.now, context.settings);
  const usage = advanceUsage({ state: before.name, since: row.usageSince ?? row.createdAt }, state.name, context.now);
  const over = state.name === 'ended' && before.name !== 'ended';
  const patch: SessionPatch = {
    ...extra,
    ...(state === before ? {} : { ...toPatch(state), usageSince: usage.since }),
    // A clock that was set back does not make a session end before its last interval does.
    ...(over ? { busyUntil: null, endedAt: usage.since } : {}),
  };
  // On a server, statements that do not wait for each other travel together.
  const writes: Promise<void>[] = [writeSession(executor, row, patch, usage.closed)];
  if (state.name !== before.name) writes.push(recordEvent(executor, row, event, state, context.now));
  if (over) writes.push(forgetParts(executor, row.id, context.now));
  const slotEvents = effects.map((effect) => slotEventOf(effect, row.id)).filter((slotEvent) => slotEvent !== null);
  if (slotEvents.length > 0) writes.push(applySlotEvents(executor, row, slotEvents, context));
  await Promise.all(writes);
  const orders = effects.flatMap((effect) =>
    effect.type === 'end-on-node'
      ? [{ nodeId: row.nodeId, slotIndex: row.slotIndex, sessionId: row.id, reason: effect.reason }]
      : [],
  );
  return { row: { ...row, ...patch }, orders };
}

/** The interval is written first: it takes its facts from the row as it was. */
async function writeSession(
  executor: Executor,
  row: SessionRow,
  patch: SessionPatch,
  closed: ReturnType<typeof advanceUsage>['closed'],
): Promise<void> {
  if (closed !== null) await insertUsageInterval(executor, row.id, closed);
  if (Object.keys(patch).length > 0) await updateSession(executor, row.id, patch);
}

/** What an ended session leaves behind: guests have nowhere to go, and the target of its push is a secret nobody needs. */
async function forgetParts(executor: Executor, sessionId: string, now: number): Promise<void> {
  const stopped = { sessionId, state: 'stopped', message: '', now } as const;
  await Promise.all([deleteGuestsOfSession(executor, sessionId), setPublishState(executor, stopped)]);
}

async function recordEvent(
  executor: Executor,
  row: SessionRow,
  event: SessionEvent,
  state: SessionState,
  at: number,
): Promise<void> {
  const code = state.exitCode === null ? '' : ` ${state.exitCode}`;
  await insertSessionEvent(executor, {
    sessionId: row.id,
    accountId: row.accountId,
    at,
    type: event.type,
    state: state.name,
    detail: state.endReason === null ? '' : `${state.endReason}${code}`,
  });
}

function toPatch(state: SessionState): SessionPatch {
  return {
    state: state.name,
    deadlineAt: state.deadlineAt,
    launchedAt: state.launchedAt,
    runWithoutClient: state.runWithoutClient,
    endReason: state.endReason,
    exitCode: state.exitCode,
    endedAt: state.endedAt,
  };
}

async function applySlotEvents(
  executor: Executor,
  key: { readonly nodeId: string; readonly slotIndex: number },
  events: readonly SlotEvent[],
  context: { readonly now: number; readonly settings: DeadlineSettings },
): Promise<void> {
  const slot = await lockSlot(executor, key);
  if (slot === null) return;
  const before = toSlotState(slot);
  const after = events.reduce(
    (state, event) => transitionSlot(state, event, context.now, context.settings).state,
    before,
  );
  if (after !== before) await saveSlotState(executor, slot, after);
}
