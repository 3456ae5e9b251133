import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ConnectSessionParams, LaunchSpec, NodeCommands, NodeEvent, NodeMethod } from '@cloudstage/protocol';
import { findMarkedProcesses, isProcessAlive } from '../../host/process-identity.js';
import type { MuxEvents, MuxMethods } from '../../links/mux-link.js';
import { connectRpc, type RpcClient } from '../../links/rpc.js';
import { nodeGroupName } from '../run-dir.js';
import { slotMarkerName } from '../slot-environment.js';
import { openSlotRecord } from '../slot-record.js';
import { bundleForTest } from './bundle.js';
import type { TestAgentEvents, TestAgentMethods } from './test-uplink.js';

const run = promisify(execFile);
const deadlineMs = 25_000;

/** Polls until `probe` gives a value that is neither undefined nor false. @throws after 25 s, naming `what`. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** JavaScript files of the processes under test. */
export interface AgentEntries {
  readonly agent: string;
  readonly portMux: string;
  readonly streamer: string;
}

/** Bundles the processes under test; `streamer` is the source of the one for sessions. */
export function bundleAgent(streamer: string): AgentEntries {
  return {
    agent: bundleForTest('agent/testing/agent-process.ts'),
    portMux: bundleForTest('port-mux/main.ts'),
    streamer: bundleForTest(streamer),
  };
}

/** Removes what {@link bundleAgent} has made. */
export function removeBundles(entries: AgentEntries): void {
  for (const path of Object.values(entries)) rmSync(path, { force: true });
}

/** A render node in a process of its own, with its directories. */
export class AgentHarness {
  readonly dir: string;
  readonly runDir: string;
  readonly storeDir: string;
  readonly reports: NodeEvent[] = [];
  readonly #argument: string;
  readonly #entry: string;
  #child: ChildProcess | null = null;
  #link: RpcClient<TestAgentMethods> | null = null;

  private constructor(dir: string, entries: AgentEntries, port: number, settings: object) {
    this.dir = dir;
    this.runDir = join(dir, 'run');
    this.storeDir = join(dir, 'store');
    this.#entry = entries.agent;
    const { portMux, streamer } = entries;
    const media = { udpPort: port, tcpPort: port };
    const paths = { runDir: this.runDir, dataDir: join(dir, 'data'), processEntries: { portMux, streamer } };
    // The probe of AV1 takes seconds of each start, and is a matter of other tests.
    const config = { ...paths, media, slots: 1, av1: 'off', ...settings };
    this.#argument = JSON.stringify({ config, storeDir: this.storeDir, socketPath: this.#socketPath() });
  }

  /** Makes the directories; nothing runs yet. */
  static async create(entries: AgentEntries, settings: object = {}): Promise<AgentHarness> {
    const dir = await mkdtemp(join(tmpdir(), 'cs-agent-'));
    // Slot users must be able to pass through.
    await chmod(dir, 0o711);
    return new AgentHarness(dir, entries, await freePort(), settings);
  }

  #socketPath(): string {
    return join(this.dir, 'agent.sock');
  }

  /** Starts the agent and waits until it serves commands. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [this.#entry, this.#argument], { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#child = child;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await rm(this.#socketPath(), { force: true });
    this.#link = await eventually('the agent', async () => {
      if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}`);
      return connectRpc<TestAgentMethods, TestAgentEvents>(this.#socketPath(), (_event, report) => {
        this.reports.push(report);
      }).catch(() => undefined);
    });
    void exited.then(() => this.#link?.close());
  }

  /** Waits until the program of the slot has written a text; gives its whole log. */
  waitForProgramLog(text: string): Promise<string> {
    return eventually(`the program to say ${text}`, () =>
      this.programLog().includes(text) ? this.programLog() : undefined,
    );
  }

  /** Waits for a report to the control plane. */
  reported(what: string, match: (event: NodeEvent) => boolean): Promise<NodeEvent> {
    return eventually(what, () => this.reports.find(match));
  }

  /** Waits for the report that a session has ended. */
  endOf(sessionId: string): Promise<NodeEvent> {
    return this.reported(
      `the end of ${sessionId}`,
      (event) => event.type === 'session.ended' && event.sessionId === sessionId,
    );
  }

  /** Sends a command of the control plane. */
  async command<M extends NodeMethod>(
    method: M,
    params: NodeCommands[M]['params'],
  ): Promise<NodeCommands[M]['result']> {
    if (!this.#link) throw new Error('the agent does not run');
    return (await this.#link.call('command', { method, params }, { deadlineMs })) as NodeCommands[M]['result'];
  }

  /** `session.connect` with what does not matter filled in. */
  connect(
    launch: Partial<LaunchSpec> & Pick<LaunchSpec, 'package' | 'entryPath'>,
    { sessionId = 's1', userId = 'user-connect', peer = true } = {},
  ): Promise<NodeCommands['session.connect']['result']> {
    const params: ConnectSessionParams = {
      sessionId,
      slotIndex: 0,
      launch: {
        applicationId: 'app',
        applicationVersionId: 'v1',
        args: [],
        processNames: [],
        window: null,
        limits: { cpuCores: null, memoryBytes: null },
        ...launch,
      },
      stream: {
        width: 1280,
        height: 720,
        fps: 60,
        minBitrateBps: 1_000_000,
        maxBitrateBps: 4_000_000,
        disabledVideoCodecs: [],
        publishKeyFrameIntervalMs: 2000,
        publishIncludesMicrophone: false,
      },
      peer: peer
        ? { userId, role: 'Player', seat: 1, clientSession: { sdp: 'v=0\r\n' }, reconnectToken: 'token' }
        : null,
    };
    return this.command('session.connect', params);
  }

  /** Value of a control group's file of slot 0's program: `v1` in the hierarchy of `controller`, or `v2`; null where there is none. */
  groupLimit(
    controller: 'cpu' | 'memory' | 'pids',
    files: { readonly v1: string; readonly v2: string },
  ): string | null {
    const group = join(nodeGroupName(this.runDir), 'slot-0', 'program');
    const paths = [
      join('/sys/fs/cgroup', controller, group, files.v1),
      join('/sys/fs/cgroup', group, files.v2),
      join('/sys/fs/cgroup/unified', group, files.v2),
    ];
    const path = paths.find((candidate) => existsSync(candidate));
    return path === undefined ? null : readFileSync(path, 'utf8').trim();
  }

  /** State of slot 0 as the node describes it. */
  async slot() {
    const described = await this.command('node.describe', {});
    if (!described.ok) throw new Error(described.message);
    const [slot] = described.value.slots;
    if (!slot) throw new Error('the node has no slot');
    return slot;
  }

  /** Waits until slot 0 is ready for a session. */
  async idle(): Promise<void> {
    await eventually('an idle slot', async () => (await this.slot()).state === 'idle');
  }

  /** Record of slot 0, which names its processes. */
  record() {
    const { warm, session } = openSlotRecord(join(this.runDir, 'slot-0', 'slot.json')).current();
    if (!warm) throw new Error('the slot does not stand');
    return { warm, session };
  }

  /** What the program wrote. */
  programLog(): string {
    return readFileSync(join(this.runDir, 'slot-0', 'log', 'program.log'), 'utf8');
  }

  /** Colours on the slot's display, by ImageMagick's histogram. */
  async screenColours(): Promise<number> {
    const { displayNumber } = this.record().warm.display;
    const env = { PATH: process.env.PATH ?? '', XAUTHORITY: join(this.runDir, 'slot-0', 'x', 'Xauthority') };
    const image = join(this.dir, 'screen.xwd');
    await run('xwd', ['-silent', '-root', '-display', `:${displayNumber}`, '-out', image], { env });
    const { stdout } = await run('convert', [`xwd:${image}`, '-format', '%k', 'info:'], { env: { PATH: env.PATH } });
    return Number(stdout);
  }

  /** Routes that the port mux has. */
  async routes(): Promise<readonly string[]> {
    const mux = await connectRpc<MuxMethods, MuxEvents>(join(this.runDir, 'mux.sock'), () => undefined);
    try {
      return (await mux.call('mux.describe', {}, { deadlineMs })).routes;
    } finally {
      await mux.close();
    }
  }

  /** SIGKILL, as an agent may get at any moment. */
  async killAgent(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await exited;
    await this.#link?.close();
  }

  /** Graceful end, as by Ctrl-C. */
  async close(): Promise<void> {
    await this.#link?.call('close', {}, { deadlineMs });
    await this.killAgent();
  }

  /** What is left on the machine of this node; empty after `close`. */
  leftovers(): readonly string[] {
    const group = nodeGroupName(this.runDir);
    const controllers = existsSync('/sys/fs/cgroup') ? readdirSync('/sys/fs/cgroup') : [];
    const groups = ['', ...controllers]
      .map((name) => join('/sys/fs/cgroup', name, group))
      .filter((path) => existsSync(path));
    const processes = findMarkedProcesses(slotMarkerName, join(this.runDir, 'slot-0')).map((pid) => `process ${pid}`);
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(this.dir));
    return [...groups, ...processes, ...mounts, ...(existsSync(this.runDir) ? [this.runDir] : [])];
  }

  /** Removes everything, also when the test failed half way. */
  async dispose(): Promise<void> {
    await this.killAgent();
    if (existsSync(this.runDir)) {
      // The ordinary way out: the next start takes over, and can then end everything.
      await this.start();
      await this.close();
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** True while the process of a record lives. */
export const alive = isProcessAlive;
