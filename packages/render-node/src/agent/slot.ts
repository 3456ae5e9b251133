import {
  assertNever,
  type ConnectSessionParams,
  type EndSessionParams,
  type NodeResult,
  type NodeSlotDescription,
  type PeerAnswer,
} from '@cloudstage/protocol';
import { reportEnded, type SessionEnd } from './end-report.js';
import { agentLimits } from './limits.js';
import { pause } from './pause.js';
import { endedWhileStarting, logProgramEnd, type ProgramEnd, programEnd } from './program-end.js';
import { refusalFor, refuse, slotRefusal } from './refusal.js';
import type { SlotOptions } from './slot-options.js';
import { prepareProgram } from './slot-program.js';
import { openSlotRecord, type SessionRecord, sessionRecord } from './slot-record.js';
import type { SessionParams, SlotSession, SlotSessionOptions } from './slot-session.js';
import { openSlotSession } from './slot-session-open.js';
import { initialSlotState, type SlotEffect, type SlotEvent, stepSlot } from './slot-state.js';
import { createTurnstile } from './turnstile.js';
import { adoptWarmSlot, killSlotProcesses, type WarmSlot, type WarmSlotEvents, warmSlot } from './warm-slot.js';

type ConnectResult = NodeResult<{ readonly answer: PeerAnswer | null }>;
type Farewell = Parameters<SlotSession['stop']>[0];

/** One slot of the node: performs what {@link stepSlot} decides. */
export class Slot {
  readonly #options: SlotOptions;
  readonly #record;
  readonly #turnstile = createTurnstile(agentLimits.queuedSlotCalls);
  readonly #stop = new AbortController();
  #state = initialSlotState;
  #warm: WarmSlot | null = null;
  #session: SlotSession | null = null;
  #adopted = false;
  #farewell: Farewell = { code: 0, message: '' };
  #programEnd: ProgramEnd | null = null;
  /** The making or remaking that is under way. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#record = openSlotRecord(options.slot.paths.recordPath);
  }

  /**
   * Takes over what an earlier agent left. Until it has resolved, {@link describe} does not know the slot's session: a node
   * that described itself before would make the control plane believe that the session is lost.
   */
  async adopt(): Promise<void> {
    const { ended } = this.#record.current();
    if (ended) this.#reportEnded(ended);
    this.#adopted = await this.#adopt();
  }

  /** Makes the slot ready from nothing unless it was taken over. Resolves when that is settled. */
  async start(): Promise<void> {
    if (!this.#adopted) this.#recycle(0);
    await this.#work;
  }

  /** The slot as the control plane sees it. */
  describe(): NodeSlotDescription {
    const { phase, sessionId } = this.#state;
    const connected = this.#session?.connected() ?? false;
    return { slotIndex: this.#options.slot.slotIndex, state: phase, sessionId, connected };
  }

  /** Carries out `session.connect`; idempotent for each session. */
  async connect(params: ConnectSessionParams): Promise<ConnectResult> {
    const refused = this.#refusal(params.sessionId);
    if (refused) return refused;
    let runnable: SlotSessionOptions['runnable'] = null;
    try {
      // Fetching may take long; nobody else waits for it, and a session that runs needs no package.
      if (this.#state.phase === 'idle') runnable = await prepareProgram(this.#options.packages, params.launch);
      return await this.#turnstile.enter(async () => {
        const nowRefused = this.#refusal(params.sessionId);
        if (nowRefused) return nowRefused;
        if (this.#session) {
          return { ok: true, value: { answer: params.peer ? await this.#session.addPeer(params.peer) : null } };
        }
        const taken = runnable ?? (await prepareProgram(this.#options.packages, params.launch));
        runnable = null;
        return this.#begin(params, taken);
      });
    } catch (error) {
      this.#options.slot.logger.warn({ err: error, sessionId: params.sessionId }, 'session.connect refused');
      return endedWhileStarting(this.#programEnd, params.sessionId) ?? refusalFor(error);
    } finally {
      runnable?.lease.release();
    }
  }

  /** Carries out `session.end`: cleaning has begun when it returns. */
  end({ sessionId, reason, message }: EndSessionParams): NodeResult<Record<string, never>> {
    this.#farewell = { code: reason === 'kicked' ? 1 : 0, message };
    this.#dispatch({ type: 'session-ended', sessionId, reason, exitCode: null });
    return { ok: true, value: {} };
  }

  /** The session that the slot runs, when it is that one and not being ended; null otherwise. */
  running(sessionId: string): SlotSession | null {
    return this.#state.phase === 'busy' && this.#session?.params.sessionId === sessionId ? this.#session : null;
  }

  /** Ends everything of the slot; its session is reported as ended. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    const session = this.#session;
    if (session && this.#state.phase === 'busy') {
      this.#reportEnded({ sessionId: session.params.sessionId, reason: 'node-lost', exitCode: null });
    }
    this.#farewell = { code: 0, message: 'the render node is stopping' };
    await this.#work;
    await this.#tearDown();
    await this.#options.slot.cgroup.remove();
  }

  #refusal(sessionId: string): ConnectResult | null {
    if (this.#stop.signal.aborted) return refuse('session-ending', 'the render node is stopping');
    return slotRefusal(this.#state, sessionId);
  }

  #openSession(
    params: SessionParams,
    runnable: SlotSessionOptions['runnable'],
    publishUrl: string | null,
  ): SlotSession {
    this.#session = openSlotSession({
      ...this.#options,
      record: this.#record,
      params,
      runnable,
      publishUrl,
      warm: () => this.#warm,
      onProgramEnded: (exitCode) => this.#programEnded(params.sessionId, exitCode),
    });
    return this.#session;
  }

  async #begin(
    params: ConnectSessionParams,
    runnable: NonNullable<SlotSessionOptions['runnable']>,
  ): Promise<ConnectResult> {
    const startedAt = performance.now();
    const { sessionId } = params;
    const session = this.#openSession(params, runnable, null);
    this.#record.update({ session: sessionRecord(params, null) });
    this.#dispatch({ type: 'session-started', sessionId });
    try {
      const value = { answer: await session.begin(params.peer) };
      const tookMs = Math.round(performance.now() - startedAt);
      this.#options.slot.logger.info({ sessionId, tookMs }, 'session started');
      return { ok: true, value };
    } catch (error) {
      this.#dispatch({ type: 'start-failed', sessionId });
      throw error;
    }
  }

  async #adopt(): Promise<boolean> {
    const { slot, packages } = this.#options;
    const { session: known, warm } = this.#record.current();
    if (!warm) return false;
    try {
      if (known) {
        const runnable = await prepareProgram(packages, known.launch).catch(() => null);
        this.#openSession(known, runnable, known.publishUrl);
      }
      this.#warm = await adoptWarmSlot(slot, this.#record, this.#events());
    } catch (error) {
      slot.logger.warn({ err: error }, 'slot of an earlier start is unusable');
    }
    if (!this.#warm && !known) return false;
    this.#dispatch({ type: 'adopted', sessionId: known?.sessionId ?? null });
    if (!this.#warm) this.#dispatch({ type: 'host-died' });
    else if (known) await this.#adoptProgram(known);
    return true;
  }

  async #adoptProgram({ sessionId, program }: SessionRecord): Promise<void> {
    const adoption = program ? await this.#session?.adoptProgram(program) : undefined;
    if (!adoption?.alive) this.#programEnded(sessionId, adoption?.exitCode ?? null);
  }

  #programEnded(sessionId: string, exitCode: number | null): void {
    const end = programEnd(sessionId, exitCode);
    [this.#programEnd, this.#farewell] = [end, { code: 0, message: end.farewell }];
    void logProgramEnd(this.#options.slot, end);
    this.#dispatch({ type: 'session-ended', sessionId, reason: end.reason, exitCode });
  }

  #dispatch(event: SlotEvent): void {
    if (this.#stop.signal.aborted) return;
    const { state, effects } = stepSlot(this.#state, event, performance.now());
    if (state.phase !== this.#state.phase) {
      const { logger } = this.#options.slot;
      logger.info({ from: this.#state.phase, to: state.phase, cause: event.type, sessionId: state.sessionId }, 'slot');
    }
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: SlotEffect): void {
    const { outbox, nodeId } = this.#options;
    switch (effect.type) {
      case 'report-ended':
        this.#reportEnded(effect);
        return;
      case 'report-state':
        outbox.push({ type: 'slot.state', nodeId, slot: this.describe() });
        return;
      case 'recycle':
        this.#recycle(effect.delayMs);
        return;
      case 'retry-later':
        void pause(effect.delayMs, this.#stop.signal).then(() => this.#dispatch({ type: 'retry-due' }));
        return;
      default:
        assertNever(effect, 'slot effect');
    }
  }

  #reportEnded(end: SessionEnd): void {
    reportEnded(this.#options, this.#record, end);
  }

  /** Everything anew: no display, sound server or streamer sees two sessions. */
  #recycle(delayMs: number): void {
    const startedAt = performance.now();
    const { slot } = this.#options;
    this.#work = (async () => {
      try {
        // First, so that a clean-up that fails is not tried without pause either.
        await pause(delayMs, this.#stop.signal);
        await this.#tearDown();
        if (this.#stop.signal.aborted) return;
        this.#warm = await warmSlot(slot, this.#record, this.#events());
        slot.logger.info({ tookMs: Math.round(performance.now() - startedAt) }, 'slot is ready');
        this.#dispatch({ type: 'warmed' });
      } catch (error) {
        slot.logger.error({ err: error }, 'slot cannot be made ready');
        this.#dispatch({ type: 'warm-failed' });
      }
    })();
  }

  async #tearDown(): Promise<void> {
    const [session, warm] = [this.#session, this.#warm];
    // From here on the next start must not go on with this slot.
    this.#record.update({ session: null, warm: null });
    // A streamer is asked to say good-bye, so the session goes first.
    try {
      await session?.stop(this.#farewell);
    } finally {
      this.#session = null;
      this.#warm = null;
      if (warm) await warm.close();
      else await killSlotProcesses(this.#options.slot);
    }
  }

  #events(): WarmSlotEvents {
    return {
      onStreamerEvent: (event, payload) => {
        if (event === 'peer.state') this.#session?.onPeerState(payload as never);
        else if (event === 'publish.state') this.#session?.publish.onState(payload as never);
        else void this.#turnstile.enter(async () => this.#restartProgram()).catch(() => undefined);
      },
      onStreamerUp: async (streamer) => this.#session?.onStreamerUp(streamer),
      onStreamerDown: () => this.#session?.onStreamerDown(),
      onHostDied: (part) => {
        this.#options.slot.logger.error({ part }, 'a part of the slot died');
        this.#farewell = { code: 0, message: 'the session was lost' };
        this.#dispatch({ type: 'host-died' });
      },
    };
  }

  async #restartProgram(): Promise<void> {
    const session = this.#session;
    if (!session || this.#state.phase !== 'busy') return;
    try {
      await session.restartProgram();
    } catch (error) {
      this.#options.slot.logger.error({ err: error }, 'program does not start again');
      this.#programEnded(session.params.sessionId, null);
    }
  }
}
