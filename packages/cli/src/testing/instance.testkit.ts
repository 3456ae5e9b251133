import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ControlPlane,
  completeConfig,
  createControlPlane,
  createInProcessNodeLink,
  createLogger,
} from '@cloudstage/control-plane';
import { type NodeSimulator, startNodeSimulator } from '@cloudstage/control-plane/testing/node-simulator';
import { adminOperations, adminStreams } from '../admin/contract.js';
import { createAdminServer } from '../admin/server.js';
import { adminSocketPath } from '../admin/socket-path.js';
import { ensureAccessKeyFile } from '../up/first-start.js';

/** The command as users have it: a program of its own, built. */
const command = fileURLToPath(new URL('../../bin/cloudstage.mjs', import.meta.url));

/** What a command has written, and its exit code. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of a run of the command. */
export interface CliRunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A control plane with a real admin socket; only its render node is simulated. */
export interface TestInstance {
  readonly plane: ControlPlane;
  readonly node: NodeSimulator;
  readonly url: string;
  readonly dir: string;
  /** Home directory of the commands. */
  readonly home: string;
  /** Starts the command; its end is the test's business. */
  start(args: readonly string[], options?: CliRunOptions): ChildProcess;
  /** Runs the command to its end. */
  run(...args: readonly string[]): Promise<CliResult>;
  /** The same with `--json`: what it answers, or an error when it does not end with 0. */
  json<T>(...args: readonly string[]): Promise<T>;
  close(): Promise<void>;
}

/** Collects what a started command writes until it has ended. */
export function finished(child: ChildProcess): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Starts an instance whose commands know it by the environment, as on a machine of its own. */
export async function startTestInstance(): Promise<TestInstance> {
  const dir = await mkdtemp(join(tmpdir(), 'cli-'));
  const home = join(dir, 'home');
  mkdirSync(home);
  const { link, uplink } = createInProcessNodeLink();
  const logger = createLogger({ level: 'silent', name: 'test' });
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir);
  const config = completeConfig({
    dataDir,
    databaseUrl: 'pglite:memory',
    api: { port: 0 },
    // The simulated node speaks only when something changes.
    sessions: { sweepSeconds: 0.05, nodeSilentSeconds: 600 },
    // A test serves its packages on this machine.
    packages: { allowPrivateUrls: true, urlSchemes: ['http'] },
  });
  const plane = await createControlPlane(config, { nodeLink: link, logger });
  const { url } = await plane.listen();
  const node = await startNodeSimulator(uplink);
  await ensureAccessKeyFile(plane, dataDir);
  const admin = await createAdminServer(adminSocketPath(dataDir), {
    operations: adminOperations,
    streams: adminStreams,
    admin: plane.admin,
    logger,
  });
  const start = (args: readonly string[], options: CliRunOptions = {}): ChildProcess => {
    const environment = {
      PATH: process.env.PATH,
      HOME: home,
      CLOUDSTAGE_DATA_DIR: dataDir,
      CLOUDSTAGE_API_PORT: new URL(url).port,
      ...options.environment,
    };
    const child = spawn(process.execPath, [command, ...args], { cwd: dir, env: environment, stdio: 'pipe' });
    child.stdin.end(options.input ?? '');
    return child;
  };
  const run = (...args: readonly string[]) => finished(start(args));
  return {
    plane,
    node,
    url,
    dir,
    home,
    start,
    run,
    json: async <T>(...args: readonly string[]): Promise<T> => {
      const { code, stdout, stderr } = await run(...args, '--json');
      if (code !== 0) throw new Error(`cloudstage ${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
    close: async () => {
      await admin.close();
      await node.close();
      await uplink.close();
      await plane.close();
      await rm(dir, { recursive: true });
    },
  };
}
