import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WindowMatch } from '@cloudstage/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openboxConfig } from '../../host/openbox-config.js';
import type { Reply, X11Geometry, X11Property } from '../../x11/core-types.js';
import { openDisplay, type X11Display } from '../../x11/display.js';
import { startXorgDummy, startXvfb, type TestXServer } from '../../x11/testing/start-x-server.js';
import { eventually } from '../peer/testing/stage.js';
import { createMainWindowKeeper, type MainWindowKeeper } from './main-window.js';

let server: TestXServer;
let manager: ChildProcess;
let dir: string;
let program: X11Display;
let keeperDisplay: X11Display;
let keeper: MainWindowKeeper;

const property = async (window: number, name: string) => {
  const atom = await program.atom(name);
  const { data } = await program.request(
    (reply: Reply<X11Property>) => program.core.GetProperty(0, window, atom, 0, 0, 1_000, reply),
    'GetProperty',
  );
  return Array.from({ length: data.length >> 2 }, (_, index) => data.readUInt32LE(index * 4));
};
/** Windows of the program, the lowest first. */
const stacking = () => property(program.root, '_NET_CLIENT_LIST_STACKING');
const activeWindow = async () => (await property(program.root, '_NET_ACTIVE_WINDOW'))[0];
const sizeOf = async (window: number) => {
  const geometry = await program.request(
    (reply: Reply<X11Geometry>) => program.core.GetGeometry(window, reply),
    'GetGeometry',
  );
  return `${geometry.width}x${geometry.height}`;
};

const fillsScreen = (window: number) =>
  eventually(`${window} to fill the screen`, async () => (await sizeOf(window)) === '800x600');

async function setText(window: number, name: string, text: string): Promise<void> {
  const string = 31;
  program.core.ChangeProperty(0, window, await program.atom(name), string, 8, Buffer.from(text, 'utf8'));
}

/** Opens a window of 300×200; dialogs are not maximised by the window manager. */
async function openWindow(title: string, className: string, owner = 0): Promise<number> {
  const { core, root } = program;
  const window = core.AllocID();
  core.CreateWindow(window, root, 40, 40, 300, 200, 0, 0, 1, 0, { backgroundPixel: 0xffffff });
  await setText(window, 'WM_NAME', title);
  await setText(window, 'WM_CLASS', `${className.toLowerCase()}\0${className}\0`);
  if (owner !== 0) {
    const data = Buffer.alloc(4);
    data.writeUInt32LE(owner);
    core.ChangeProperty(0, window, await program.atom('WM_TRANSIENT_FOR'), 33, 32, data);
  }
  core.MapWindow(window);
  await eventually(`the window ${title}`, async () => (await stacking()).includes(window));
  return window;
}

beforeEach(async () => {
  server = await (process.getuid?.() === 0 ? startXorgDummy() : startXvfb({ width: 800, height: 600 }));
  dir = await mkdtemp(join(tmpdir(), 'openbox-'));
  await writeFile(join(dir, 'rc.xml'), openboxConfig);
  const ready = join(dir, 'ready');
  // What is mapped before this command runs may never be managed.
  const args = ['--sm-disable', '--config-file', join(dir, 'rc.xml'), '--startup', `touch ${ready}`];
  const address = { display: server.display, socketPath: server.socketPath };
  [program, keeperDisplay] = await Promise.all([openDisplay(address), openDisplay(address)]);
  await program.setScreenSize(800, 600);
  manager = spawn('openbox', args, { env: { ...process.env, DISPLAY: server.display, HOME: dir }, stdio: 'ignore' });
  await eventually('the window manager', () => existsSync(ready));
  keeper = createMainWindowKeeper(keeperDisplay, pino({ level: 'silent' }));
});
afterEach(async () => {
  keeper.close();
  await Promise.all([program.close(), keeperDisplay.close()]);
  const exited = new Promise<void>((resolve) => manager.once('exit', () => resolve()));
  manager.kill('SIGKILL');
  await exited;
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const main: WindowMatch = { name: null, className: 'Game' };

it('fills the screen with the chosen window and keeps others below it, also those that come later', async () => {
  keeper.follow(main);
  const early = await openWindow('Launcher', 'Launcher');
  const game = await openWindow('Level 1', 'Game');
  await eventually('the order', async () => (await stacking()).join() === [early, game].join());
  const late = await openWindow('News', 'Launcher');
  await eventually('the news below', async () => (await stacking()).at(-1) === game);
  await eventually('the focus', async () => (await activeWindow()) === game);
  await fillsScreen(game);
  const dialog = await openWindow('Save?', 'Game-Dialog', game);
  await eventually('the dialog on top', async () => (await stacking()).at(-1) === dialog);
  expect((await stacking()).indexOf(late)).toBeLessThan((await stacking()).indexOf(game));
});

it('fills the screen with each of several windows of the class, the newest on top', async () => {
  keeper.follow(main);
  const first = await openWindow('Level 1', 'Game');
  const news = await openWindow('News', 'Launcher');
  const second = await openWindow('Level 2', 'Game');
  await eventually('the order', async () => (await stacking()).join() === [news, first, second].join());
  await fillsScreen(first);
  await fillsScreen(second);
  await eventually('the focus', async () => (await activeWindow()) === second);
});

it('lets go when nothing is to be followed any more, and takes the next one that is', async () => {
  keeper.follow(main);
  const game = await openWindow('Level 1', 'Game');
  const other = await openWindow('Other', 'Other');
  await eventually('the game on top', async () => (await stacking()).at(-1) === game);
  keeper.follow(null);
  // A window that is opened while the game is above others comes below it, and stays there.
  const above = await program.atom('_NET_WM_STATE_ABOVE');
  await eventually('a free game', async () => !(await property(game, '_NET_WM_STATE')).includes(above));
  const next = await openWindow('Next', 'Next');
  await eventually('the usual order', async () => (await stacking()).at(-1) === next);
  keeper.follow({ name: null, className: 'Other' });
  await eventually('the other on top', async () => (await stacking()).at(-1) === other);
});

it('takes a window when it gets its title, and gives the others free when it has gone', async () => {
  keeper.follow({ name: 'Ready', className: null });
  const game = await openWindow('Loading', 'Game');
  const other = await openWindow('Other', 'Other');
  await eventually('the usual order', async () => (await stacking()).at(-1) === other);
  await setText(game, 'WM_NAME', 'Ready');
  await eventually('the chosen window on top', async () => (await stacking()).at(-1) === game);
  program.core.DestroyWindow(game);
  const next = await openWindow('Next', 'Other');
  await eventually('the usual order again', async () => (await stacking()).at(-1) === next);
  const below = await program.atom('_NET_WM_STATE_BELOW');
  await eventually('a free window', async () => !(await property(other, '_NET_WM_STATE')).includes(below));
});
