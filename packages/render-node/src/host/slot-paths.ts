import { chmod, chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mediaSocketName } from '../links/streamer-link.js';
import type { SlotUser } from './slot-user.js';

/** Where a slot keeps its files. Everything lies under the node's run directory and dies with the slot. */
export interface SlotPaths {
  /** 0711, the agent's: slot users pass through it and list nothing. */
  readonly dir: string;
  readonly recordPath: string;
  readonly streamerSocketPath: string;
  /** Where the streamer serves clients' WebSockets. */
  readonly mediaSocketPath: string;
  /** bubblewrap's report of the program: child pid and exit code. */
  readonly programStatusPath: string;
  /** 0700, the slot user's: X configuration, cookie, inputtest socket. */
  readonly xDir: string;
  readonly xAuthorityPath: string;
  /** 0700, the slot user's: sound server socket and state. */
  readonly soundDir: string;
  readonly soundSocketPath: string;
  /** Pipe that the sound server's microphone reads. */
  readonly microphonePath: string;
  /** Empty directory onto which the package is bound, in the program's mount namespace only. */
  readonly appMountPath: string;
  /** 0700, the agent's. */
  readonly logDir: string;
}

/** Paths of slot `slotIndex` under `runDir`. */
export function slotPaths(runDir: string, slotIndex: number): SlotPaths {
  const dir = join(runDir, `slot-${slotIndex}`);
  const xDir = join(dir, 'x');
  const soundDir = join(dir, 'sound');
  return {
    dir,
    recordPath: join(dir, 'slot.json'),
    streamerSocketPath: join(dir, 'streamer.sock'),
    mediaSocketPath: join(dir, mediaSocketName),
    programStatusPath: join(dir, 'program-status.json'),
    xDir,
    xAuthorityPath: join(xDir, 'Xauthority'),
    soundDir,
    soundSocketPath: join(soundDir, 'native'),
    microphonePath: join(soundDir, 'microphone'),
    appMountPath: join(dir, 'app'),
    logDir: join(dir, 'log'),
  };
}

/** Makes the slot's directories anew; nothing of an earlier session survives in them except the logs. */
export async function resetSlotDirectories(paths: SlotPaths, user: SlotUser): Promise<void> {
  await mkdir(paths.dir, { recursive: true, mode: 0o711 });
  await chmod(paths.dir, 0o711);
  await mkdir(paths.logDir, { recursive: true, mode: 0o700 });
  for (const dir of [paths.xDir, paths.soundDir]) {
    await rm(dir, { recursive: true, force: true });
    await mkdir(dir, { mode: 0o700 });
    if (user) await chown(dir, user.uid, user.gid);
  }
  await mkdir(paths.appMountPath, { recursive: true, mode: 0o755 });
  await rm(paths.programStatusPath, { force: true });
}
