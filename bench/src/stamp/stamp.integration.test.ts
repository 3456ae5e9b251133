import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import x11, { type Client, type Screen } from 'x11';
import { contents } from './options.js';
import { decodeStamp, msSince, type Stamp, sampleBlocks, stampLayout } from './stamp-code.js';

/** The real program on a real X server, read back as a screenshot. */

const { left, top, blockSize, columns, rows } = stampLayout;
const deadlineMs = 30_000;
const cleanups: (() => unknown)[] = [];
let display = '';
let directory = '';
let script = '';
let client: Client;
let screen: Screen;

function owned(child: ChildProcess): ChildProcess {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  cleanups.push(() => {
    child.kill('SIGTERM');
    return exited;
  });
  return child;
}

async function eventually<T>(what: string, probe: () => Promise<T | null>): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== null) return value;
    if (performance.now() > endMs) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function startServer(): Promise<string> {
  const args = ['-displayfd', '3', '-screen', '0', '1280x720x24', '-noreset', '-nolisten', 'tcp', '-ac'];
  const server = owned(spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] }));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.stdio[3]?.once('data', (number: Buffer) => resolve(`:${number.toString().trim()}`));
  });
}

function connect(): Promise<void> {
  return new Promise((resolve, reject) => {
    x11.createClient({ bufferRequests: false, display }, (error, greeting) => {
      if (error || !greeting.screen[0]) return reject(error ?? new Error('no screen'));
      client = greeting.client;
      screen = greeting.screen[0];
      cleanups.push(() => client.terminate());
      resolve();
    });
  });
}

/** The stamp on the screen, or null while there is none. */
function readScreen(): Promise<Stamp | null> {
  return new Promise((resolve, reject) => {
    client.GetImage(2, screen.root, left, top, columns * blockSize, rows * blockSize, 0xffffffff, (error, image) =>
      error ? reject(error) : resolve(decodeStamp(sampleBlocks(image.data, columns * blockSize))),
    );
  });
}

function startStamp(...args: string[]): void {
  owned(spawn(process.execPath, [script, ...args], { env: { ...process.env, DISPLAY: display }, stdio: 'inherit' }));
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stamp-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  script = join(directory, 'stamp.cjs');
  const entry = fileURLToPath(new URL('./main.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: script,
    logLevel: 'error',
  });
  display = await startServer();
  await connect();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it.each(contents)('draws readable stamps that keep counting, over %s', async (content) => {
  startStamp('--fps', '60', '--content', content);
  const first = await eventually('a stamp', readScreen);
  expect(Math.abs(msSince(first.drawnAtUs, Date.now()))).toBeLessThan(deadlineMs);
  const later = await eventually('ten more frames', async () => {
    const stamp = await readScreen();
    return stamp && stamp.frame >= first.frame + 10 ? stamp : null;
  });
  expect(later.drawnAtUs).toBeGreaterThan(first.drawnAtUs);
  expect(later).toMatchObject({ inputSeq: 0, inputKind: 'none' });
});

it('shows presses and the pointer', async () => {
  startStamp();
  await eventually('a stamp', readScreen);
  const xtest = await new Promise<{ FakeInput(...args: number[]): void }>((resolve, reject) =>
    client.require('xtest', (error, extension) => (error ? reject(error) : resolve(extension as never))),
  );
  const motion = 6;
  xtest.FakeInput(motion, 0, 0, screen.root, 321, 432);
  await eventually('the pointer', async () => {
    const stamp = await readScreen();
    return stamp?.pointerX === 321 && stamp.pointerY === 432 ? stamp : null;
  });
  const presses = [
    { down: 4, up: 5, detail: 3, kind: 'button' },
    { down: 2, up: 3, detail: 38, kind: 'key' },
  ] as const;
  for (const [index, { down, up, detail, kind }] of presses.entries()) {
    xtest.FakeInput(down, detail, 0, screen.root, 0, 0);
    xtest.FakeInput(up, detail, 0, screen.root, 0, 0);
    const stamp = await eventually('the press', async () => {
      const now = await readScreen();
      return now?.inputSeq === index + 1 ? now : null;
    });
    expect(stamp).toMatchObject({ inputKind: kind, inputDetail: detail });
    expect(stamp.inputAtUs).toBeLessThanOrEqual(stamp.drawnAtUs);
  }
});

it('says what is wrong with its arguments', () => {
  const run = () => execFileSync(process.execPath, [script, '--fps', '0'], { stdio: 'pipe', encoding: 'utf8' });
  expect(run).toThrow(/--fps 0 is not a number from 1 to 240/);
});
