import { join } from 'node:path';
import { AppError } from '@cloudstage/protocol';
import { adoptDisplay, type Display, startDisplay } from '../host/display.js';
import { adoptHostProcess, type HostProcess, killStrays, spawnHostProcess } from '../host/host-process.js';
import { findMarkedProcesses, type ProcessIdentity } from '../host/process-identity.js';
import { resetSlotDirectories } from '../host/slot-paths.js';
import { microphoneName, soundServerAddress, soundSinkName, startSound } from '../host/sound.js';
import { startWindowManager } from '../host/window-manager.js';
import type { StreamerConfig, StreamerEvents, StreamerMethods } from '../links/streamer-link.js';
import { agentLimits } from './limits.js';
import { createLinkedProcess, type LinkedProcess } from './linked-process.js';
import { hostEnvironment, type SlotEnvironment, slotMarkerName } from './slot-environment.js';
import type { SlotRecord, SlotRecordStore } from './slot-record.js';

/** What a {@link WarmSlot} tells its slot. */
export interface WarmSlotEvents {
  readonly onStreamerEvent: <K extends keyof StreamerEvents>(event: K, payload: StreamerEvents[K]) => void;
  /** The streamer answers; after a restart it must be configured again. */
  readonly onStreamerUp: (streamer: Streamer) => Promise<void>;
  readonly onStreamerDown: () => void;
  /** A part that cannot be replaced within a session is gone. */
  readonly onHostDied: (part: 'display' | 'sound' | 'window-manager' | 'streamer') => void;
}

/** The slot's streamer, kept running. */
export type Streamer = LinkedProcess<StreamerMethods>;

/** Display, window manager, sound and streamer of a slot: ready for one session, then replaced. */
export interface WarmSlot {
  readonly display: Display;
  readonly streamer: Streamer;
  /** Ends everything, also strays. Idempotent; does what it can and throws the first failure at the end. */
  close(): Promise<void>;
}

type WarmRecord = NonNullable<SlotRecord['warm']>;

function openStreamer(
  slot: SlotEnvironment,
  display: Display,
  events: WarmSlotEvents,
  onSpawned: (identity: ProcessIdentity) => void,
): Streamer {
  const { paths, config } = slot;
  const streamerConfig: Omit<StreamerConfig, 'probedEncoders'> = {
    slotIndex: slot.slotIndex,
    runDir: paths.dir,
    display: display.name,
    xSocketPath: display.socketPath,
    xAuthorityPath: paths.xAuthorityPath,
    pulseServer: soundServerAddress(paths),
    pulseSource: `${soundSinkName}.monitor`,
    pulseMicrophone: microphoneName,
    microphonePath: paths.microphonePath,
    loopbackAddress: '127.0.0.1',
    logLevel: config.logLevel,
  };
  const env = {
    ...hostEnvironment(slot),
    HOME: paths.dir,
    DISPLAY: display.name,
    XAUTHORITY: paths.xAuthorityPath,
    PULSE_SERVER: streamerConfig.pulseServer,
  };
  const logPath = join(paths.logDir, 'streamer.log');
  const streamer: Streamer = createLinkedProcess<StreamerMethods, StreamerEvents>({
    name: 'streamer',
    socketPath: paths.streamerSocketPath,
    logPath,
    spawn: async () => {
      const config: StreamerConfig = { ...streamerConfig, probedEncoders: await slot.probedEncoders };
      const argv = [process.execPath, '--enable-source-maps', slot.streamerEntry, JSON.stringify(config)];
      return (await spawnHostProcess({ name: 'streamer', argv, env, logPath })).process;
    },
    onEvent: (event, payload) => {
      if (event === 'latency.totals') slot.latency.add(payload as StreamerEvents['latency.totals']);
      else events.onStreamerEvent(event, payload);
    },
    onSpawned,
    onUp: () => events.onStreamerUp(streamer),
    onDown: events.onStreamerDown,
    onGivenUp: () => events.onHostDied('streamer'),
    maxFailures: agentLimits.streamerRestarts,
    logger: slot.logger,
  });
  return streamer;
}

/** Keeps the window manager running; a session survives its death. */
function superviseWindowManager(
  start: () => Promise<HostProcess>,
  first: HostProcess,
  onReplaced: (process: HostProcess) => void,
  onGivenUp: () => void,
): { close(): Promise<void> } {
  let current = first;
  let closed = false;
  const supervise = async () => {
    for (let restarts = 0; restarts < agentLimits.windowManagerRestarts; restarts++) {
      await current.exited;
      if (closed) return;
      current = await start();
      onReplaced(current);
    }
    await current.exited;
    if (!closed) onGivenUp();
  };
  const supervision = supervise().catch(() => {
    if (!closed) onGivenUp();
  });
  return {
    close: async () => {
      closed = true;
      await current.kill();
      await supervision;
      await current.kill();
    },
  };
}

/** Kills whatever belongs to the slot, whether or not somebody remembers it. */
export async function killSlotProcesses(slot: SlotEnvironment): Promise<void> {
  await slot.cgroup.killAll('program');
  await slot.cgroup.killAll('host');
  killStrays(findMarkedProcesses(slotMarkerName, slot.paths.dir));
}

interface Parts {
  readonly display: Display;
  readonly sound: HostProcess;
  readonly windowManager: HostProcess;
}

async function assemble(
  slot: SlotEnvironment,
  parts: Parts,
  streamerIdentity: ProcessIdentity | null,
  record: SlotRecordStore,
  events: WarmSlotEvents,
): Promise<WarmSlot> {
  const { display, sound } = parts;
  let closing = false;
  let warm: WarmRecord = {
    uid: slot.user?.uid ?? null,
    display: display.record,
    windowManager: parts.windowManager.identity,
    sound: sound.identity,
    streamer: streamerIdentity,
  };
  const remember = (patch: Partial<WarmRecord>) => {
    warm = { ...warm, ...patch };
    if (!closing) record.update({ warm });
  };
  const died = (part: 'display' | 'sound' | 'window-manager' | 'streamer') => {
    if (!closing) events.onHostDied(part);
  };
  remember({});
  const streamer = openStreamer(slot, display, { ...events, onHostDied: died }, (identity) =>
    remember({ streamer: identity }),
  );
  const windowManager = superviseWindowManager(
    () => startWindowManager(hostOptions(slot, display)),
    parts.windowManager,
    ({ identity }) => remember({ windowManager: identity }),
    () => died('window-manager'),
  );
  const close = async () => {
    closing = true;
    record.update({ warm: null });
    const steps = [streamer.close(), windowManager.close(), sound.kill(), display.close()];
    const outcomes = await Promise.allSettled(steps);
    await killSlotProcesses(slot);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  };
  try {
    // A program that runs is not to end because its streamer, on a busy machine, could not be replaced at once.
    await streamer.start(streamerIdentity, streamerIdentity ? 'retry' : 'throw');
    if (!display.process.alive() || !sound.alive()) {
      throw new AppError('process-start-failed', 'display or sound server ended while the slot was being made ready');
    }
  } catch (error) {
    await close();
    throw error;
  }
  void display.process.exited.then(() => died('display'));
  void sound.exited.then(() => died('sound'));
  return { display, streamer, close };
}

function hostOptions(slot: SlotEnvironment, display: Display) {
  const { paths, user, cgroup } = slot;
  const joinCgroup = (argv: readonly string[]) => cgroup.join('host', argv);
  return { paths, user, display, joinCgroup, env: hostEnvironment(slot) };
}

/** Makes a slot ready from nothing. @throws AppError when a part does not start; nothing is left then. */
export async function warmSlot(
  slot: SlotEnvironment,
  record: SlotRecordStore,
  events: WarmSlotEvents,
): Promise<WarmSlot> {
  const { paths, user, config, logger } = slot;
  const common = {
    paths,
    user,
    joinCgroup: (argv: readonly string[]) => slot.cgroup.join('host', argv),
    env: hostEnvironment(slot),
  };
  await resetSlotDirectories(paths, user);
  const size = { maxWidth: config.display.maxWidth, maxHeight: config.display.maxHeight };
  const [displayStart, soundStart] = await Promise.allSettled([
    startDisplay({ ...common, size, logger, drivers: slot.displayDrivers }),
    startSound(common),
  ]);
  const display = displayStart.status === 'fulfilled' ? displayStart.value : null;
  const sound = soundStart.status === 'fulfilled' ? soundStart.value : null;
  try {
    if (displayStart.status === 'rejected') throw displayStart.reason;
    if (soundStart.status === 'rejected') throw soundStart.reason;
    const parts = {
      display: displayStart.value,
      sound: soundStart.value,
      windowManager: await startWindowManager({ ...common, display: displayStart.value }),
    };
    return await assemble(slot, parts, null, record, events);
  } catch (error) {
    await Promise.allSettled([display?.close(), sound?.kill()]);
    await killSlotProcesses(slot);
    throw error;
  }
}

/** Takes over the host processes of an earlier start; null when display or sound are gone or belong to another user. */
export async function adoptWarmSlot(
  slot: SlotEnvironment,
  record: SlotRecordStore,
  events: WarmSlotEvents,
): Promise<WarmSlot | null> {
  const { warm } = record.current();
  if (!warm || warm.uid !== (slot.user?.uid ?? null)) return null;
  const display = adoptDisplay(warm.display);
  const sound = adoptHostProcess('pulseaudio', warm.sound);
  if (!display || !sound) {
    await display?.close();
    return null;
  }
  const windowManager =
    adoptHostProcess('openbox', warm.windowManager) ?? (await startWindowManager(hostOptions(slot, display)));
  return assemble(slot, { display, sound, windowManager }, warm.streamer, record, events);
}
