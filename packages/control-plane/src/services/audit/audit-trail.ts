import { type AuditCompletion, completeAuditRows, insertAuditRows, type NewAuditRow } from '../../db/audit.js';
import { sqlState } from '../../db/rows.js';
import type { ServiceDeps } from '../deps.js';
import { serviceLimits } from '../limits.js';
import type { AuditEvent, AuditResult, AuditTrail } from './contract.js';
import { toStorable } from './storable.js';

type Pending =
  | { readonly type: 'entry'; readonly row: NewAuditRow }
  | { readonly type: 'completion'; readonly completion: AuditCompletion };

function mergeTargets(event: AuditEvent, result: AuditResult): readonly string[] {
  return toStorable([...new Set([...event.targets, ...(result.targets ?? [])])]);
}

function toRow(event: AuditEvent, result: AuditResult | null): NewAuditRow {
  return {
    ...toStorable(event),
    targets: result === null ? toStorable(event.targets) : mergeTargets(event, result),
    outcome: result?.outcome ?? null,
    durationMs: result === null ? null : Math.round(result.durationMs),
  };
}

async function store(deps: ServiceDeps, batch: readonly Pending[]): Promise<void> {
  const entries = batch.flatMap((item) => (item.type === 'entry' ? [item.row] : []));
  const completions = batch.flatMap((item) => (item.type === 'completion' ? [item.completion] : []));
  await deps.database.transaction(async (tx) => {
    if (entries.length > 0) await insertAuditRows(tx, entries);
    if (completions.length > 0) await completeAuditRows(tx, completions);
  });
}

/** True when the database refuses the data itself, so that trying again cannot help. */
function isDataError(error: unknown): boolean {
  const state = sqlState(error);
  return state !== null && (state.startsWith('22') || state.startsWith('23'));
}

/** Queue of the audit log between its callers and the database. */
class AuditQueue {
  lost = 0;
  readonly #deps: ServiceDeps;
  #waiting: Pending[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<boolean> | null = null;

  constructor(deps: ServiceDeps) {
    this.#deps = deps;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(item: Pending): void {
    if (this.#waiting.length >= serviceLimits.auditQueue) this.#lose([item], null);
    else this.#waiting.push(item);
    this.#schedule(serviceLimits.auditFlushMs);
  }

  /** Stores what waits; what the database does not take within a few attempts goes to the log. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let failures = 0; this.#waiting.length > 0; ) {
      if (!(await this.#writeOnce())) failures += 1;
      if (failures >= serviceLimits.auditFlushAttempts) this.#lose(this.#waiting.splice(0), null);
    }
    await this.#writing;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#writeOnce().then((stored) => {
        if (this.#waiting.length > 0) this.#schedule(stored ? 0 : serviceLimits.auditRetryMs);
      });
    }, delayMs);
    // Entries are flushed at the end of the control plane; until then the server keeps the process alive.
    this.#timer.unref();
  }

  /** One write at a time: entries keep their order, and a completion never overtakes. False when it failed. */
  #writeOnce(): Promise<boolean> {
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeBatch(): Promise<boolean> {
    const batch = this.#waiting.splice(0, serviceLimits.auditBatch);
    try {
      if (batch.length > 0) await store(this.#deps, batch);
      return true;
    } catch (error) {
      if (isDataError(error)) {
        await this.#storeEach(batch);
        return true;
      }
      this.#deps.logger.warn({ err: error, entries: batch.length }, 'audit entries wait: they cannot be stored now');
      this.#waiting.unshift(...batch);
      return false;
    }
  }

  /** One entry that the database cannot hold must not keep the others back. */
  async #storeEach(batch: readonly Pending[]): Promise<void> {
    for (const item of batch) await store(this.#deps, [item]).catch((error: unknown) => this.#lose([item], error));
  }

  #lose(items: readonly Pending[], error: unknown): void {
    this.lost += items.length;
    for (const item of items) {
      this.#deps.logger.error({ err: error ?? undefined, audit: item }, 'audit entry could not be stored');
    }
  }
}

/** Creates the trail over a database. */
export function createAuditTrail(deps: ServiceDeps): AuditTrail {
  const queue = new AuditQueue(deps);
  return {
    begin: async (event) => {
      const [id] = await insertAuditRows(deps.database.executor, [toRow(event, null)]);
      return (result) => {
        if (id === undefined) return;
        const { outcome, durationMs } = result;
        const completion = { id, outcome, durationMs: Math.round(durationMs), targets: mergeTargets(event, result) };
        queue.add({ type: 'completion', completion });
      };
    },
    record: (event, result) => queue.add({ type: 'entry', row: toRow(event, result) }),
    flush: () => queue.flush(),
    get stats() {
      return { waiting: queue.waiting, lost: queue.lost };
    },
  };
}
