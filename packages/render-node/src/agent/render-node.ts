import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createLatencyLedger,
  type LatencyLedger,
  type NodeCommandHandlers,
  type NodeDescription,
  type NodeUplink,
} from '@cloudstage/protocol';
import type { Logger } from 'pino';
import { type RenderNodeConfig, resolveRunDir } from '../config.js';
import { type CgroupDriver, detectCgroupDriver } from '../host/cgroup.js';
import { displayDrivers } from '../host/display-drivers.js';
import { provideNativeHelpers } from '../host/native-helpers.js';
import { slotPaths } from '../host/slot-paths.js';
import type { SlotUser } from '../host/slot-user.js';
import { findEncoders } from './encoder-probe.js';
import { agentLimits } from './limits.js';
import { trimLogs } from './log-trim.js';
import { createMediaOpener } from './media-tunnel.js';
import { createMuxSupervisor, type MuxSupervisor } from './mux-supervisor.js';
import { createNodeOutbox, type NodeOutbox } from './node-outbox.js';
import { openPackageCache, type PackageCache } from './package-cache.js';
import { pause } from './pause.js';
import { openRecordingSpool, type RecordingSpool } from './recording-spool.js';
import { refusalFor, refuse } from './refusal.js';
import { claimRunDir, listSlotDirectories, nodeGroupName, removeRunDir, writeSandboxEtc } from './run-dir.js';
import { createSessionCommands } from './session-commands.js';
import { Slot } from './slot.js';
import type { SlotEnvironment } from './slot-environment.js';
import { version } from './version.js';

/** Dependencies of {@link createRenderNode}. */
export interface RenderNodeDependencies {
  /** Link to the control plane; stays the caller's to close. */
  readonly uplink: NodeUplink;
  readonly logger: Logger;
}

/** A render node's agent. */
export interface RenderNode {
  /**
   * Starts the port mux and the slots, or takes over those of an agent that was killed, and serves commands. Resolves when
   * every slot is ready or has failed once. @throws AppError `node-already-running`, `process-start-failed`.
   */
  start(): Promise<void>;
  /** Ends everything: sessions, displays, sound, programs, streamers, port mux, control groups, run directory. Idempotent. */
  close(): Promise<void>;
}

const packageFile = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

interface NodeParts {
  readonly mux: MuxSupervisor;
  readonly slots: readonly Slot[];
  readonly packages: PackageCache;
  readonly recordings: RecordingSpool;
  readonly cgroups: CgroupDriver;
  /** What the streamers have measured since the agent's start. */
  readonly latency: LatencyLedger;
}

async function buildParts(
  config: RenderNodeConfig,
  { uplink, logger }: RenderNodeDependencies,
  runDir: string,
  outbox: NodeOutbox,
): Promise<NodeParts> {
  // Takes seconds. Only streamers that are started wait for it: sessions that run are taken over at once. Never rejects.
  const probedEncoders = findEncoders(config, { entry: packageFile('streamer/probe-main.js'), logger });
  const root = process.getuid?.() === 0;
  if (!root) logger.warn('not root: slots share this user, and programs have no CPU, memory and process limits');
  const cgroups = await detectCgroupDriver({
    name: nodeGroupName(runDir),
    mountinfoPath: root ? '/proc/self/mountinfo' : '/dev/null',
    logger,
  });
  const etcPath = await writeSandboxEtc(runDir);
  const helpers = await provideNativeHelpers(runDir, logger);
  const packages = await openPackageCache({
    dir: join(resolve(config.dataDir), 'node', 'packages'),
    maxBytes: config.packageCacheBytes,
    openObject: (key) => uplink.openObject(key),
    logger,
  });
  const slots: Slot[] = [];
  const recordings = await openRecordingSpool({
    dir: join(resolve(config.dataDir), 'node', 'recordings'),
    nodeId: config.nodeId,
    storeRecording: uplink.storeRecording,
    isRunning: (sessionId) => slots.some((slot) => slot.describe().sessionId === sessionId),
    logger,
  });
  const { listenAddresses, udpPort, tcpPort } = config.media;
  const mux = createMuxSupervisor({
    entry: config.processEntries.portMux ?? packageFile('port-mux/main.js'),
    config: { runDir, listenAddresses, udpPort, tcpPort, logLevel: config.logLevel },
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8' },
    logger,
  });
  const latency = createLatencyLedger();
  const environment = async (slotIndex: number): Promise<SlotEnvironment> => {
    const user: SlotUser = root ? { uid: config.uidBase + slotIndex, gid: config.uidBase + slotIndex } : null;
    const { cpuCores, memoryBytes, processes } = config.limits;
    return {
      slotIndex,
      config,
      user,
      paths: slotPaths(runDir, slotIndex),
      cgroup: await cgroups.createSlot(`slot-${slotIndex}`, { cpuCores, memoryBytes, processes }),
      displayDrivers: displayDrivers(config.display.driver),
      probedEncoders,
      streamerEntry: config.processEntries.streamer ?? packageFile('streamer/main.js'),
      etcPath,
      ...helpers,
      logger: logger.child({ slotIndex }),
      latency,
    };
  };
  const open = async (slotIndex: number) =>
    new Slot({
      slot: await environment(slotIndex),
      nodeId: config.nodeId,
      outbox,
      packages,
      recordings,
      routes: mux.routes,
    });
  // Slots beyond the configured number: of an earlier, larger configuration.
  for (const slotIndex of await listSlotDirectories(runDir)) {
    if (slotIndex >= config.slots) {
      await (await open(slotIndex)).close();
      await rm(slotPaths(runDir, slotIndex).dir, { recursive: true, force: true });
    }
  }
  for (let slotIndex = 0; slotIndex < config.slots; slotIndex++) slots.push(await open(slotIndex));
  return { mux, slots, packages, recordings, cgroups, latency };
}

function createHandlers(
  { slots, packages, latency, mux }: NodeParts,
  describe: () => NodeDescription,
  logger: Logger,
): NodeCommandHandlers {
  return {
    'session.connect': async (params) => {
      const slot = slots[params.slotIndex];
      return slot ? slot.connect(params) : refuse('slot-mismatch', `this node has no slot ${params.slotIndex}`);
    },
    'session.end': async (params) => slots[params.slotIndex]?.end(params) ?? { ok: true, value: {} },
    ...createSessionCommands(slots, logger),
    'package.prefetch': async (params) => {
      try {
        (await packages.acquire(params.package)).release();
        return { ok: true, value: {} };
      } catch (error) {
        logger.warn({ err: error }, 'package.prefetch refused');
        return refusalFor(error);
      }
    },
    'node.describe': async () => ({ ok: true, value: describe() }),
    'node.statistics': async () => {
      const stats = await mux.readStats();
      return { ok: true, value: { latency: latency.totals(), ...(stats ? { mux: stats } : {}) } };
    },
  };
}

/** Creates the agent of this machine. Nothing is started or written before `start`. */
export async function createRenderNode(
  config: RenderNodeConfig,
  dependencies: RenderNodeDependencies,
): Promise<RenderNode> {
  const { uplink, logger } = dependencies;
  const runDir = resolveRunDir(config, process.getuid?.() ?? 0, process.env);
  const bootId = randomUUID();
  const stop = new AbortController();
  const outbox = createNodeOutbox({ emit: (event) => uplink.emit(event), logger, pause });
  let parts: NodeParts | null = null;
  let starting: Promise<void> | null = null;
  let closing: Promise<void> | null = null;

  const describe = (): NodeDescription => ({
    nodeId: config.nodeId,
    bootId,
    name: config.name,
    region: config.region,
    version,
    concurrencyTypes: config.concurrencyTypes,
    slots: parts?.slots.map((slot) => slot.describe()) ?? [],
  });

  async function every(intervalMs: number, work: () => Promise<void> | void): Promise<void> {
    while (!stop.signal.aborted) {
      await work();
      await pause(intervalMs, stop.signal);
    }
  }

  async function start(): Promise<void> {
    const startedAt = performance.now();
    await claimRunDir(runDir);
    const built = await buildParts(config, dependencies, runDir, outbox);
    parts = built;
    await Promise.all(built.slots.map((slot) => slot.adopt()));
    uplink.serve(config.nodeId, createHandlers(built, describe, logger), createMediaOpener(runDir, built.slots));
    void every(agentLimits.statusIntervalMs, () => outbox.push({ type: 'node.status', node: describe() }));
    void every(agentLimits.recordingPassMs, built.recordings.pass);
    void every(agentLimits.logTrimMs, () => trimLogs(runDir).catch((error) => logger.warn({ err: error }, 'log trim')));
    const settled = Promise.all(built.slots.map((slot) => slot.start()));
    await built.mux.start();
    await Promise.race([settled, pause(agentLimits.startWaitMs, stop.signal)]);
    await built.mux.prune();
    outbox.push({ type: 'node.status', node: describe() });
    logger.info(
      { runDir, slots: config.slots, tookMs: Math.round(performance.now() - startedAt) },
      'render node is up',
    );
  }

  async function endEverything(): Promise<void> {
    stop.abort();
    if (!parts) return;
    await Promise.all(parts.slots.map((slot) => slot.close()));
    await parts.mux.close();
    await outbox.close(agentLimits.closeReportMs);
    await parts.cgroups.remove();
    await removeRunDir(runDir);
    logger.info('render node has ended everything');
  }

  return {
    start: () => {
      // What a failed start began is ended at once: nobody may be there to call `close`.
      starting ??= start().catch(async (error: unknown) => {
        await endEverything();
        throw error;
      });
      return starting;
    },
    close: () => {
      closing ??= Promise.resolve(starting).then(endEverything, () => undefined);
      return closing;
    },
  };
}
