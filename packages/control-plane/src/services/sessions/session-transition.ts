import { assertNever, type SessionEndReason } from '@cloudstage/protocol';
import { together } from '../../db/rows.js';
import type { SessionEventRow } from '../../db/schema/history.js';
import type { Executor, SessionRow, SlotRow } from '../../db/schema.js';
import { writeSessionChange } from '../../db/session-changes.js';
import type { SessionPatch } from '../../db/sessions.js';
import { lockSlot, releaseSeat, updateSlot } from '../../db/slots.js';
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

/** When a transition happens, and by which deadlines. */
export interface TransitionContext {
  readonly now: number;
  readonly settings: DeadlineSettings;
  /** The session's slot, when the caller has locked it already. */
  readonly slot?: SlotRow | null | undefined;
}

/**
 * Applies an event to a session that the caller has locked: row, slot and guests change together. `extra` fields are
 * written in the same statement.
 */
export async function applySessionEvent(
  executor: Executor,
  row: SessionRow,
  event: SessionEvent,
  context: TransitionContext,
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
  const change = {
    sessionId: row.id,
    patch,
    interval: usage.closed,
    event: state.name === before.name ? null : describeEvent(row, event, state, context.now),
    overAt: over ? context.now : null,
  };
  const slotEvents = effects.map((effect) => slotEventOf(effect, row.id)).filter((slotEvent) => slotEvent !== null);
  // On a server, statements that do not wait for each other travel together.
  await together([
    writeSessionChange(executor, change),
    slotEvents.length === 0 ? Promise.resolve() : applySlotEvents(executor, row, slotEvents, context),
  ]);
  const orders = effects.flatMap((effect) =>
    effect.type === 'end-on-node'
      ? [{ nodeId: row.nodeId, slotIndex: row.slotIndex, sessionId: row.id, reason: effect.reason }]
      : [],
  );
  return { row: { ...row, ...patch }, orders };
}

function describeEvent(
  row: SessionRow,
  event: SessionEvent,
  state: SessionState,
  at: number,
): Omit<SessionEventRow, 'seq'> {
  const code = state.exitCode === null ? '' : ` ${state.exitCode}`;
  return {
    sessionId: row.id,
    accountId: row.accountId,
    at,
    type: event.type,
    state: state.name,
    detail: state.endReason === null ? '' : `${state.endReason}${code}`,
  };
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
  context: TransitionContext,
): Promise<void> {
  const slot = context.slot === undefined ? await lockSlot(executor, key) : context.slot;
  if (slot === null) return;
  const before = toSlotState(slot);
  const after = events.reduce(
    (state, event) => transitionSlot(state, event, context.now, context.settings).state,
    before,
  );
  if (after !== before) await saveSlotState(executor, slot, after);
}
