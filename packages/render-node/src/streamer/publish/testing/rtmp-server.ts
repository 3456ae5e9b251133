import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real RTMP server of a test: nginx with its RTMP module, on a loopback port, in a directory of its own. */
export interface RtmpServer {
  /** `rtmp://127.0.0.1:<port>/live`. */
  readonly url: string;
  readonly port: number;
  start(): Promise<void>;
  /** SIGKILL, as a crash would end it. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stand, and nothing is read from them. */
  freeze(): void;
  log(): Promise<string>;
  close(): Promise<void>;
}

const startMs = 10_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', (failed) => resolve(!failed));
  });

/** Without a master process: the id of the process is all there is to clean up. */
const configuration = (port: number) => `
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
${process.getuid?.() === 0 ? 'user root;' : ''}
error_log error.log info;
pid nginx.pid;
events { worker_connections 64; }
rtmp {
  server {
    listen 127.0.0.1:${port};
    application live { live on; record off; wait_key on; wait_video on; drop_idle_publisher 5s; }
    application closed { live on; deny publish all; }
  }
}
`;

/** Prepares the server; nothing runs before `start`. */
export async function createRtmpServer(): Promise<RtmpServer> {
  const dir = await mkdtemp(join(tmpdir(), 'rtmp-'));
  const port = await freePort();
  await writeFile(join(dir, 'nginx.conf'), configuration(port));
  let child: ChildProcess | null = null;

  const kill = async () => {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    running.kill('SIGKILL');
    await exited;
  };
  return {
    url: `rtmp://127.0.0.1:${port}/live`,
    port,
    start: async () => {
      const started = spawn('/usr/sbin/nginx', ['-p', dir, '-c', 'nginx.conf', '-e', 'error.log'], { stdio: 'ignore' });
      child = started;
      const endMs = performance.now() + startMs;
      while (!(await accepts(port))) {
        if (started.exitCode !== null || performance.now() > endMs) {
          throw new Error(`nginx does not start: ${await readFile(join(dir, 'error.log'), 'utf8').catch(() => '')}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    log: () => readFile(join(dir, 'error.log'), 'utf8'),
    close: async () => {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
