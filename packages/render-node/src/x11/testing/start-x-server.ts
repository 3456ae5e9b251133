import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '@cloudstage/protocol';
import type { X11Address } from '../connection.js';

/** A real X server of a test; {@link stop} ends the process and removes its files. */
export interface TestXServer extends X11Address {
  readonly display: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const readyTimeoutMs = 20_000;
const stopTimeoutMs = 5_000;

function waitForDisplayNumber(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (message: string) => {
      clearTimeout(timer);
      reject(new AppError('test-x-server-failed', message));
    };
    const timer = setTimeout(() => fail('the X server did not get ready'), readyTimeoutMs);
    child.once('exit', (code) => fail(`the X server ended with code ${code}`));
    child.once('error', (error) => fail(error.message));
    const pipe = child.stdio[3] as Readable;
    pipe.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = /^(\d+)\n/.exec(text);
      if (line?.[1] === undefined) return;
      clearTimeout(timer);
      resolve(line[1]);
    });
  });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await exited;
  clearTimeout(timer);
}

async function start(command: string, args: string[], dir: string): Promise<TestXServer> {
  const child = spawn(command, ['-displayfd', '3', '-noreset', '-nolisten', 'tcp', ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  try {
    const number = await waitForDisplayNumber(child);
    return {
      display: `:${number}`,
      socketPath: `/tmp/.X11-unix/X${number}`,
      pid: child.pid ?? -1,
      stop: async () => {
        await stopProcess(child);
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await stopProcess(child);
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Starts Xvfb, 24 bit deep. `authFile` makes it ask for a cookie. */
export async function startXvfb(options: { width: number; height: number; authFile?: string }): Promise<TestXServer> {
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-x-'));
  const auth = options.authFile === undefined ? ['-ac'] : ['-auth', options.authFile];
  return start('Xvfb', ['-screen', '0', `${options.width}x${options.height}x24`, ...auth], dir);
}

const dummyConfig = `
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 262144
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 1.0-2000.0
  VertRefresh 1.0-500.0
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 3840 2160
  EndSubSection
EndSection
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoEnableDevices" "false"
  Option "AutoAddGPU" "false"
  Option "DontVTSwitch" "true"
EndSection
`;

/** Starts Xorg with the dummy video driver and no real input device. Needs root, as Debian's Xorg wrapper does. */
export async function startXorgDummy(): Promise<TestXServer> {
  const dir = await mkdtemp(join(tmpdir(), 'cloudstage-xorg-'));
  const config = join(dir, 'xorg.conf');
  await writeFile(config, dummyConfig);
  const args = ['-config', config, '-logfile', join(dir, 'xorg.log'), '-novtswitch', '-sharevts', '-ac'];
  return start('Xorg', args, dir);
}
