import { existsSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Display } from './display.js';
import { type HostProcess, spawnHostProcess } from './host-process.js';
import { hostLimits } from './limits.js';
import { openboxConfig } from './openbox-config.js';
import type { SlotPaths } from './slot-paths.js';
import { asSlotUser, inIpcNamespaceOf, type SlotUser } from './slot-user.js';
import { waitUntilReady } from './wait-until.js';

/** Parameters of {@link startWindowManager}. */
export interface WindowManagerOptions {
  readonly paths: SlotPaths;
  readonly user: SlotUser;
  readonly display: Display;
  readonly joinCgroup: (argv: readonly string[]) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Starts Openbox and waits until it manages windows. @throws AppError `process-start-failed`, `deadline-exceeded`. */
export async function startWindowManager(options: WindowManagerOptions): Promise<HostProcess> {
  const { paths, user, display } = options;
  const home = join(paths.xDir, 'openbox');
  const configPath = join(home, 'rc.xml');
  const readyPath = join(home, 'ready');
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (user) await chown(home, user.uid, user.gid);
  await rm(readyPath, { force: true });
  await writeFile(configPath, openboxConfig, { mode: 0o644 });
  // Openbox runs its start-up command once it manages the windows that exist: the only sign of readiness it gives.
  const argv = ['openbox', '--sm-disable', '--config-file', configPath, '--startup', `touch ${readyPath}`];
  const { process } = await spawnHostProcess({
    name: 'openbox',
    argv: options.joinCgroup(inIpcNamespaceOf(user, display.process.identity.pid, asSlotUser(user, argv))),
    env: {
      ...options.env,
      DISPLAY: display.name,
      XAUTHORITY: paths.xAuthorityPath,
      HOME: home,
      XDG_CACHE_HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
    },
    logPath: join(paths.logDir, 'openbox.log'),
  });
  try {
    await waitUntilReady('openbox', process, () => existsSync(readyPath), hostLimits.windowManagerStartMs);
  } catch (error) {
    await process.kill();
    throw error;
  }
  return process;
}
