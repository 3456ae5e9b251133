import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectRpc, type RpcClient } from '../../../links/rpc.js';
import type { AddPeerResult, StreamerConfig, StreamerEvents, StreamerMethods } from '../../../links/streamer-link.js';
import { bundleProcess } from '../../../testing/bundle-process.js';
import { startXvfb, type TestXServer } from '../../../x11/testing/start-x-server.js';

/** Test stage: a real X server, a real sound server and a real streamer process built from the sources. */

const deadlineMs = 30_000;
const root = fileURLToPath(new URL('../../../../../../', import.meta.url));

/** Polls until `probe` gives a value. @throws after 30 s, with `what` in the message. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The answer's SDP with another UDP candidate in place of the node's public ones. */
export const through = ({ sdp }: AddPeerResult, address: string, port: number): string =>
  sdp.replace(/a=candidate:2 .*\r\n/, '').replace(/127\.0\.0\.1 8000 typ host/, `${address} ${port} typ host`);

/** The same with the streamer's own socket: a stage has no port mux. */
export const direct = (answer: AddPeerResult): string => through(answer, answer.loopbackAddress, answer.loopbackPort);

/** Bundles a file of the streamer. @returns its path. */
function build(name: string, source: string): string {
  const outfile = join(root, `packages/render-node/dist/${name}-under-test-${process.pid}.mjs`);
  return bundleProcess(join(root, 'packages/render-node/src/streamer', source), outfile);
}

async function end(child: ChildProcess): Promise<number | string | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
  const exited = new Promise<number | string | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const result = await exited;
  clearTimeout(timer);
  return result;
}

function startSound(dir: string): ChildProcess {
  const socket = join(dir, 'native');
  const modules = [
    'module-null-sink sink_name=cloudstage rate=48000 norewinds=1',
    'module-suspend-on-idle timeout=1',
    `module-pipe-source source_name=microphone file=${join(dir, 'microphone')} format=s16le rate=48000 channels=1`,
    `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
  ];
  const args = ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', '--disable-shm=yes'];
  return spawn('pulseaudio', [...args, '--log-level=error', ...modules.flatMap((module) => ['-L', module])], {
    env: { ...process.env, HOME: dir, XDG_RUNTIME_DIR: dir, PULSE_RUNTIME_PATH: dir },
    stdio: 'ignore',
  });
}

/** A program that plays or records before the server listens ends at once. */
const listens = (socketPath: string) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection(socketPath);
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
    socket.on('close', (failed) => resolve(!failed));
  });

/** Everything a test needs; {@link close} ends it all. */
export interface Stage {
  readonly server: TestXServer;
  readonly link: RpcClient<StreamerMethods>;
  readonly events: { readonly [K in keyof StreamerEvents]: StreamerEvents[K][] };
  readonly child: ChildProcess;
  /** `PULSE_SERVER` of programs. */
  readonly pulseServer: string;
  /** Plays a tone until {@link stopTone}, or until the stage closes. */
  playTone(): void;
  stopTone(): void;
  /** Whether the sound server rests: nothing plays, and no recorder keeps it awake. */
  soundRests(): boolean;
  /** Ends the streamer alone. @returns its exit code or signal. */
  endStreamer(): Promise<number | string | null>;
  close(): Promise<void>;
}

/**
 * Starts the stage with a screen of at most 1280×720.
 * @param env added to the environment of the streamer
 */
export async function openStage(env: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const bundle = build('streamer', 'main.ts');
  const publisherEntry = build('publisher', 'publish/main.ts');
  const dir = await mkdtemp(join(tmpdir(), 'streamer-'));
  const server = await startXvfb({ width: 1_280, height: 720 });
  const sound = startSound(dir);
  const config: StreamerConfig = {
    slotIndex: 0,
    runDir: dir,
    display: server.display,
    xSocketPath: server.socketPath,
    xAuthorityPath: '',
    pulseServer: `unix:${join(dir, 'native')}`,
    pulseSource: 'cloudstage.monitor',
    pulseMicrophone: 'microphone',
    microphonePath: join(dir, 'microphone'),
    loopbackAddress: '127.0.0.1',
    logLevel: 'warn',
    probedEncoders: ['libaom_av1'],
    publisherEntry,
  };
  const child = spawn(process.execPath, [bundle, JSON.stringify(config)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  const events: Stage['events'] = {
    'peer.state': [],
    'publish.state': [],
    'latency.totals': [],
    'program.restart': [],
  };
  const link = await eventually('the streamer link', () =>
    connectRpc<StreamerMethods, StreamerEvents>(join(dir, 'streamer.sock'), (name, payload) => {
      (events[name] as unknown[]).push(payload);
    }).catch(() => undefined),
  );
  await eventually('the sound server', () => listens(join(dir, 'native')));
  const players: ChildProcess[] = [];
  const soundEnv = { ...process.env, PULSE_SERVER: config.pulseServer };
  const stopTone = () => {
    for (const player of players.splice(0)) if (player.pid !== undefined) process.kill(-player.pid, 'SIGKILL');
  };
  return {
    server,
    link,
    events,
    child,
    pulseServer: config.pulseServer,
    playTone: () => {
      const source =
        "i=0; while :; do printf '\\000\\100\\000\\100%.0s' $(seq 60); printf '\\000\\300\\000\\300%.0s' $(seq 60); done";
      const command = `(${source}) | exec pacat --raw --rate=48000 --channels=2 --latency-msec=50`;
      players.push(
        spawn('sh', ['-c', command], {
          env: soundEnv,
          stdio: 'ignore',
          detached: true,
        }),
      );
    },
    stopTone,
    soundRests: () =>
      /SUSPENDED/.test(spawnSync('pactl', ['list', 'short', 'sinks'], { env: soundEnv, encoding: 'utf8' }).stdout),
    endStreamer: () => end(child),
    close: async () => {
      await link.close();
      stopTone();
      await end(child);
      await end(sound);
      await server.stop();
      await rm(dir, { recursive: true, force: true });
      for (const file of [bundle, publisherEntry]) await rm(file, { force: true });
    },
  };
}
