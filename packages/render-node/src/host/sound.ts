import { chown, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type HostProcess, spawnHostProcess } from './host-process.js';
import { hostLimits } from './limits.js';
import type { SlotPaths } from './slot-paths.js';
import { asSlotUser, type SlotUser } from './slot-user.js';
import { waitUntilReady } from './wait-until.js';

/** Name of the sink that programs play to; `cloudstage.monitor` is what the streamer records. */
export const soundSinkName = 'cloudstage';

/** Name of the source that programs record the users' voices from. */
export const microphoneName = 'microphone';

/** Sample format of the whole sound path: what Opus wants, so that nothing is resampled twice. */
const daemonConfig = `default-sample-format = s16le
default-sample-rate = 48000
alternate-sample-rate = 48000
default-sample-channels = 2
default-fragments = 4
default-fragment-size-msec = 5
resample-method = speex-float-1
`;

/** `PULSE_SERVER` value for processes that see the slot's directory. */
export function soundServerAddress(paths: SlotPaths): string {
  return `unix:${paths.soundSocketPath}`;
}

/** Parameters of {@link startSound}. */
export interface SoundOptions {
  readonly paths: SlotPaths;
  readonly user: SlotUser;
  readonly joinCgroup: (argv: readonly string[]) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Starts a PulseAudio of its own for the slot: one null sink, one microphone, one socket in a closed directory, no D-Bus, and no loading of
 * modules by clients (a module could write files outside of the sandbox).
 * @throws AppError `process-start-failed`, `deadline-exceeded`.
 */
export async function startSound({ paths, user, joinCgroup, env }: SoundOptions): Promise<HostProcess> {
  const configPath = join(paths.soundDir, 'daemon.conf');
  await writeFile(configPath, daemonConfig, { mode: 0o644 });
  if (user) await chown(configPath, user.uid, user.gid);
  // Of a server that was killed: with it in place there would be no microphone, and programs would record what they play.
  await rm(paths.microphonePath, { force: true });
  const argv = [
    ...['pulseaudio', '-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', '--disallow-exit=yes'],
    ...['--disallow-module-loading=yes', '--disable-shm=yes', '--realtime=no', '--high-priority=no'],
    ...['--log-target=stderr', '--log-level=warn'],
    '-L',
    // Rewinds would cost the first 10 ms of a sound that wakes the server: what is taken back then was never there for the monitor.
    `module-null-sink sink_name=${soundSinkName} format=s16le rate=48000 channels=2 channel_map=front-left,front-right norewinds=1`,
    // The only source that is no monitor, so it is the default one.
    '-L',
    `module-pipe-source source_name=${microphoneName} file=${paths.microphonePath} format=s16le rate=48000 channels=1 source_properties=device.description=Microphone`,
    // While no program plays nothing runs at all: the streamer's recorder does not count, and what plays next wakes the sink before its first sample.
    '-L',
    `module-suspend-on-idle timeout=${hostLimits.soundRestSeconds}`,
    '-L',
    `module-native-protocol-unix socket=${paths.soundSocketPath} auth-anonymous=1 auth-cookie-enabled=0`,
  ];
  const { process } = await spawnHostProcess({
    name: 'pulseaudio',
    argv: joinCgroup(asSlotUser(user, argv)),
    env: {
      ...env,
      HOME: paths.soundDir,
      XDG_RUNTIME_DIR: paths.soundDir,
      PULSE_RUNTIME_PATH: paths.soundDir,
      PULSE_STATE_PATH: paths.soundDir,
      PULSE_CONFIG: configPath,
    },
    logPath: join(paths.logDir, 'sound.log'),
  });
  try {
    await waitUntilReady('pulseaudio', process, () => canConnect(paths.soundSocketPath), hostLimits.soundStartMs);
  } catch (error) {
    await process.kill();
    throw error;
  }
  return process;
}
