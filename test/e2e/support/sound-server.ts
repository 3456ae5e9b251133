import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './product.js';

/** Loudspeakers of a user, which are heard by nobody: browsers that find none do not run what works on sound. */
export interface SoundServer {
  /** `PULSE_SERVER` of the user's programs. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts a sound server and waits until it listens. */
export async function startSoundServer(): Promise<SoundServer> {
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-loudspeakers-'));
  const socket = join(dir, 'native');
  const modules = ['module-null-sink rate=48000', `module-native-protocol-unix socket=${socket} auth-anonymous=1`];
  const args = ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', '--disable-shm=yes'];
  const child = spawn('pulseaudio', [...args, '--log-level=error', ...modules.flatMap((module) => ['-L', module])], {
    env: { ...process.env, HOME: dir, XDG_RUNTIME_DIR: dir, PULSE_RUNTIME_PATH: dir },
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await until('the sound server to listen', async () => (await stat(socket)).isSocket(), 20_000);
  } catch (error) {
    await close();
    throw error;
  }
  return { address: `unix:${socket}`, close };
}
