import { Gauge, type Registry } from 'prom-client';
import { sessionStateNames } from '../domain/session-state.js';
import { slotStateNames } from '../domain/slot-state.js';
import type { AuditTrail } from '../services/audit/contract.js';
import type { Census, TakeCensus } from '../services/metrics/census.js';
import { observabilityLimits } from './limits.js';

/** What {@link createGauges} shows. */
export interface GaugeSources {
  readonly takeCensus: TakeCensus;
  readonly poolStats: () => { readonly total: number; readonly idle: number; readonly waiting: number } | null;
  readonly audit: Pick<AuditTrail, 'stats'>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Gauges that are read when somebody looks. */
export interface Gauges {
  /** Brings them up to date; counts from the database are at most a few seconds old. Never rejects. */
  refresh(): Promise<void>;
}

function createInstruments(registry: Registry) {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    up: gauge('cloudstage_database_up', '1 when the last count in the database succeeded'),
    slots: gauge(
      'cloudstage_slots',
      'Slots by region and state; offline: of nodes that are away; drained: idle, but taking no new sessions',
      'region',
      'state',
    ),
    nodes: gauge('cloudstage_nodes', 'Render nodes by region and state', 'region', 'state'),
    sessions: gauge('cloudstage_sessions', 'Live sessions by state; reserved: waiting for CreateSession', 'state'),
    due: gauge(
      'cloudstage_due_rows',
      'Rows whose deadline has passed and that wait for the sweep, at most 1,000',
      'kind',
    ),
    dueAge: gauge('cloudstage_due_oldest_seconds', 'How long ago the oldest such deadline passed', 'kind'),
    pool: gauge('cloudstage_database_connections', 'Connections, and callers that wait for one', 'state'),
    auditWaiting: gauge('cloudstage_audit_entries_waiting', 'Audit entries that are not stored yet'),
    auditLost: gauge('cloudstage_audit_entries_lost', 'Audit entries that went to the log only, since the start'),
  };
}

type Instruments = ReturnType<typeof createInstruments>;

/** Gives the first regions a label of their own and all others one together. */
function createRegionLabels(): (region: string) => string {
  const known = new Set<string>();
  return (region) => {
    if (known.size < observabilityLimits.regionLabels) known.add(region);
    return known.has(region) ? region : 'other';
  };
}

function showCensus(instruments: Instruments, census: Census, labelOf: (region: string) => string): void {
  const { slots, nodes, sessions, due, dueAge } = instruments;
  for (const gauge of [slots, nodes]) gauge.reset();
  for (const state of sessionStateNames) if (state !== 'ended') sessions.set({ state }, 0);
  // States that nothing is in are shown as zero: an alert on a series that is not there never fires.
  for (const region of new Set(census.rows.filter((row) => row.kind === 'node').map((row) => labelOf(row.region)))) {
    for (const state of [...slotStateNames, 'offline', 'drained']) slots.set({ region, state }, 0);
    for (const state of ['online', 'offline']) nodes.set({ region, state }, 0);
  }
  for (const row of census.rows) {
    const region = labelOf(row.region);
    if (row.kind === 'slot') slots.inc({ region, state: row.state }, row.count);
    else if (row.kind === 'node') nodes.inc({ region, state: row.state }, row.count);
    else if (row.kind === 'session') sessions.set({ state: row.state }, row.count);
    else {
      const kind = row.kind === 'due-session' ? 'session' : 'slot';
      due.set({ kind }, row.count);
      dueAge.set({ kind }, row.oldestAt === null ? 0 : Math.max(0, census.takenAt - row.oldestAt) / 1_000);
    }
  }
}

/** Creates the gauges in a registry. */
export function createGauges(registry: Registry, sources: GaugeSources): Gauges {
  const instruments = createInstruments(registry);
  const labelOf = createRegionLabels();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  const read = async () => {
    try {
      showCensus(instruments, await sources.takeCensus(), labelOf);
      instruments.up.set(1);
      readAt = sources.now();
    } catch {
      // The gauge is the report: a scraper that logs would fill the log while the database is down.
      instruments.up.set(0);
    } finally {
      reading = null;
    }
  };
  return {
    refresh: async () => {
      const pool = sources.poolStats();
      for (const state of ['total', 'idle', 'waiting'] as const) if (pool) instruments.pool.set({ state }, pool[state]);
      instruments.auditWaiting.set(sources.audit.stats.waiting);
      instruments.auditLost.set(sources.audit.stats.lost);
      if (Math.abs(sources.now() - readAt) < observabilityLimits.gaugesMs) return;
      reading ??= read();
      await reading;
    },
  };
}
