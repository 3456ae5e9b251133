import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NodeEvent, PackageRef } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentEntries, AgentHarness, bundleAgent, eventually, removeBundles } from './testing/agent-harness.js';
import { storeTestPackage } from './testing/test-package.js';

/** A whole slot: real display, window manager, streamer, sandbox, and programs of Debian. */
const run = promisify(execFile);
let entries: AgentEntries;
let node: AgentHarness;
let pkg: PackageRef;

beforeAll(() => {
  entries = bundleAgent('streamer/main.ts');
});
afterAll(() => removeBundles(entries));
beforeEach(async () => {
  node = await AgentHarness.create(entries);
  pkg = await storeTestPackage(node.storeDir, [{ path: 'bin/probe', from: '/bin/dash' }]);
  await node.start();
  await node.idle();
});
afterEach(() => node.dispose());

/** What a tool of X11 says about the slot's display; empty when it fails, as for a window that is not there. */
async function ask(command: string, ...args: readonly string[]): Promise<string> {
  const { displayNumber } = node.record().warm.display;
  const env = { PATH: process.env.PATH ?? '', XAUTHORITY: join(node.runDir, 'slot-0', 'x', 'Xauthority') };
  const asked = run(command, ['-display', `:${displayNumber}`, ...args], { env });
  return asked.then(({ stdout }) => stdout).catch(() => '');
}
async function windowOf(title: string) {
  const text = await ask('xwininfo', '-name', title);
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1]);
  return {
    id: number(/Window id: (0x[0-9a-f]+)/),
    box: `${number(/Width: (\d+)/)}x${number(/Height: (\d+)/)}+${number(/upper-left X: +(-?\d+)/)}+${number(/upper-left Y: +(-?\d+)/)}`,
  };
}
const stacking = async () =>
  [...(await ask('xprop', '-root', '_NET_CLIENT_LIST_STACKING')).matchAll(/0x[0-9a-f]+/g)].map(([id]) => Number(id));
const shown = (title: string) =>
  eventually(`the window ${title}`, async () => (await stacking()).includes((await windowOf(title)).id));
const fillsScreen = (title: string) =>
  eventually(`${title} to fill the screen`, async () => (await windowOf(title)).box === '1280x720+0+0');
const isOnTop = async (title: string) => (await stacking()).at(-1) === (await windowOf(title)).id;

/** Opens windows one after the other. */
const script = (...programs: readonly (readonly [command: string, title: string])[]) =>
  programs
    .map(([command, title]) => {
      const isThere = `xwininfo -name ${title} >/dev/null 2>&1`;
      return `setsid ${command} -title ${title} & until ${isThere}; do sleep 0.1; done`;
    })
    .join('\n');

describe('the chosen window', () => {
  const connect = (text: string, processNames: readonly string[], className: string) =>
    node.connect(
      {
        ...{ package: pkg, entryPath: 'bin/probe', args: ['-c', text] },
        ...{ processNames, window: { name: null, className } },
      },
      { peer: false },
    );

  it('fills the screen above all others, whenever they come, and its end ends the session', async () => {
    const open = script(['xmessage hello', 'News'], ['xclock', 'Clock'], ['xmessage later', 'Later']);
    await connect(`${open}\necho launched; exit 3`, ['xclock'], 'XClock');
    await shown('News');
    await shown('Clock');
    await shown('Later');
    await eventually('the clock on top', () => isOnTop('Clock'));
    await fillsScreen('Clock');
    // Before that, the launcher would be the one who sees the code.
    await eventually('the end of the launcher', () => node.programLog().includes('launched'));
    await ask('xkill', '-id', String((await windowOf('Clock')).id));
    const ended = (event: NodeEvent) => event.type === 'session.ended' && event.sessionId === 's1';
    // The clock's own code, not its launcher's.
    expect(await eventually('the end', () => node.reports.find(ended))).toMatchObject({ exitCode: 1 });
  });

  it('changes nothing while it is not there', async () => {
    await connect(`${script(['xmessage hello', 'News'], ['xclock', 'Clock'])}\nsleep 1000`, [], 'Absent');
    await shown('News');
    await shown('Clock');
    await eventually('the newest on top', () => isOnTop('Clock'));
    await fillsScreen('News');
  });
});
