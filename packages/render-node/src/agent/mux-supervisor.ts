import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { adoptHostProcess, spawnHostProcess } from '../host/host-process.js';
import type { MuxConfig, MuxEvents, MuxMethods, MuxRoute, MuxStats } from '../links/mux-link.js';
import { agentLimits } from './limits.js';
import { createLinkedProcess } from './linked-process.js';
import { createRouteTable, type RouteTable } from './route-table.js';

const MuxRecordSchema = Type.Object({
  process: Type.Object({ pid: Type.Integer({ minimum: 2 }), startTimeTicks: Type.Integer() }),
  /** Start argument: a mux with other ports is replaced. */
  argument: Type.String(),
});

/** The port mux, kept running with the right routes. */
export interface MuxSupervisor {
  readonly routes: RouteTable;
  start(): Promise<void>;
  /** Deletes routes that nobody wants; once the slots of an earlier start have set theirs. */
  prune(): Promise<void>;
  /** What the mux counts; null while it does not answer. */
  readStats(): Promise<MuxStats | null>;
  close(): Promise<void>;
}

/** Parameters of {@link createMuxSupervisor}. */
export interface MuxSupervisorOptions {
  readonly entry: string;
  readonly config: MuxConfig;
  readonly env: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

function readMuxRecord(path: string): Static<typeof MuxRecordSchema> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Value.Check(MuxRecordSchema, value) ? value : null;
  } catch {
    return null;
  }
}

/** Creates the supervisor; a mux of an earlier start is taken over when its settings are the same. */
export function createMuxSupervisor({ entry, config, env, logger }: MuxSupervisorOptions): MuxSupervisor {
  const logPath = join(config.runDir, 'mux.log');
  const recordPath = join(config.runDir, 'mux.json');
  const argument = JSON.stringify(config);
  const callOptions = { deadlineMs: agentLimits.muxCallMs };

  const routes = createRouteTable({
    sendSet: async (route: MuxRoute) => {
      await mux.call('route.set', route, callOptions);
    },
    sendDelete: async (ufrag) => {
      await mux.call('route.delete', { ufrag }, callOptions);
    },
  });

  async function sendAll(): Promise<void> {
    for (const route of routes.all()) await mux.call('route.set', route, callOptions);
  }

  async function prune(): Promise<void> {
    const known = await mux.call('mux.describe', {}, callOptions);
    const wanted = new Set(routes.all().map(({ ufrag }) => ufrag));
    const stale = known.routes.filter((ufrag) => !wanted.has(ufrag));
    for (const ufrag of stale) await mux.call('route.delete', { ufrag }, callOptions);
  }

  const mux = createLinkedProcess<MuxMethods, MuxEvents>({
    name: 'port-mux',
    socketPath: join(config.runDir, 'mux.sock'),
    logPath,
    spawn: async () => {
      const argv = [process.execPath, '--enable-source-maps', entry, argument];
      return (await spawnHostProcess({ name: 'port-mux', argv, env, logPath })).process;
    },
    onEvent: () => undefined,
    onSpawned: (identity) =>
      writeFileSync(recordPath, JSON.stringify({ process: identity, argument }), { mode: 0o600 }),
    onUp: sendAll,
    onDown: () => undefined,
    onGivenUp: () => logger.fatal('the port mux does not start: no client can connect; is its port taken?'),
    maxFailures: Number.POSITIVE_INFINITY,
    logger,
  });

  return {
    routes,
    start: async () => {
      const record = readMuxRecord(recordPath);
      if (record && record.argument !== argument) {
        await adoptHostProcess('port-mux', record.process)?.kill();
        return mux.start(null);
      }
      return mux.start(record?.process ?? null);
    },
    prune,
    readStats: async () => {
      try {
        return (await mux.call('mux.describe', {}, { deadlineMs: agentLimits.muxStatsMs })).stats;
      } catch {
        // It is being restarted, which is logged where it happens.
        return null;
      }
    },
    close: () => mux.close(),
  };
}
