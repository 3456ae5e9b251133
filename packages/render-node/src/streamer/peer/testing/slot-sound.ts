import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostProcess } from '../../../host/host-process.js';
import { type SlotPaths, slotPaths } from '../../../host/slot-paths.js';
import { soundServerAddress, startSound } from '../../../host/sound.js';
import { eventually } from './stage.js';

/** A real sound server, started as slots start theirs. */
export interface SlotSound {
  readonly paths: SlotPaths;
  /** `PULSE_SERVER` of programs. */
  readonly address: string;
  kill(): Promise<void>;
  /** Another server, after {@link kill}. */
  restart(): Promise<void>;
  /** Resolves when nothing of the server runs for half a second: with a stream that keeps it awake it runs a hundred times and more. */
  rests(): Promise<unknown>;
  /** Ends the server and removes its directory. */
  close(): Promise<void>;
}

/** How often threads of a process have run. */
async function runsOf(pid: number): Promise<number> {
  const tasks = `/proc/${pid}/task`;
  const lines = await Promise.all((await readdir(tasks)).map((task) => readFile(`${tasks}/${task}/schedstat`, 'utf8')));
  return lines.reduce((sum, line) => sum + Number(line.split(' ')[2]), 0);
}

/** Starts the server in a directory of its own. */
export async function openSlotSound(): Promise<SlotSound> {
  const dir = await mkdtemp(join(tmpdir(), 'sound-'));
  const paths = slotPaths(dir, 0);
  await mkdir(paths.soundDir, { recursive: true });
  await mkdir(paths.logDir, { recursive: true });
  const start = () =>
    startSound({ paths, user: null, joinCgroup: (argv) => argv, env: { PATH: process.env.PATH ?? '/usr/bin:/bin' } });
  let server: HostProcess = await start();
  const kill = () => server.kill();
  return {
    paths,
    address: soundServerAddress(paths),
    kill,
    restart: async () => {
      await rm(paths.soundSocketPath, { force: true });
      server = await start();
    },
    rests: () =>
      eventually('a sound server that rests', async () => {
        const before = await runsOf(server.identity.pid);
        await new Promise((resolve) => setTimeout(resolve, 500));
        return (await runsOf(server.identity.pid)) === before;
      }),
    close: async () => {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
