import { readFileSync } from 'node:fs';
import type { PackageRef } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type AgentEntries,
  AgentHarness,
  alive,
  bundleAgent,
  eventually,
  removeBundles,
} from './testing/agent-harness.js';
import { storeTestPackage } from './testing/test-package.js';

const root = process.getuid?.() === 0;
let entries: AgentEntries;
let node: AgentHarness;
let pkg: PackageRef;

beforeAll(() => {
  entries = bundleAgent('agent/testing/test-streamer.ts');
});
afterAll(() => removeBundles(entries));
beforeEach(async () => {
  node = await AgentHarness.create(entries, { limits: { processes: 256 } });
  pkg = await storeTestPackage(node.storeDir, [{ path: 'bin/probe', from: '/bin/dash' }]);
  await node.start();
  await node.idle();
});
afterEach(() => node.dispose());

const probe = (script: string) => ({ package: pkg, entryPath: 'bin/probe', args: ['-c', script] });

describe('process names', () => {
  // The package is read-only: names of running programs come from copies in the home directory.
  const launch = (script: string, processNames: readonly string[]) => ({ ...probe(script), processNames });
  const spawnGame = (name: string, script: string) =>
    `cp /app/bin/probe $HOME/${name}; setsid $HOME/${name} -c '${script}' &`;
  /** Empty for a process that has ended, also while nobody has asked how. */
  const argumentsOf = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    } catch {
      return [];
    }
  };
  /** Command lines of everything in the slot's program group, by process id. */
  const commands = () => {
    const pids = node.groupLimit('pids', { v1: 'cgroup.procs', v2: 'cgroup.procs' })?.split('\n') ?? [];
    return new Map(pids.filter(Boolean).map((pid) => [Number(pid), argumentsOf(Number(pid))]));
  };
  const pidOf = (argument: string) =>
    eventually(`the process ${argument}`, () => [...commands()].find(([, argv]) => argv[0]?.endsWith(argument))?.[0]);

  it('keep the session after the launcher has gone, and end it with the exit code of the last', async () => {
    const game = spawnGame('RealGame.exe', 'sleep 3; echo over; exit 7');
    await node.connect(launch(`${game} echo launched; exit 0`, ['other', 'realgame']));
    await node.waitForProgramLog('launched');
    await node.waitForProgramLog('over');
    expect(await node.endOf('s1')).toMatchObject({ reason: 'program-crash', exitCode: 7 });
  });

  it('let a launcher take its time until the program appears', async () => {
    const script = `(sleep 1; ${spawnGame('late-game', 'sleep 1; echo over; exit 0')} :) & echo launched; exit 3`;
    await node.connect(launch(script, ['late-game']));
    await node.waitForProgramLog('over');
    expect(await node.endOf('s1')).toMatchObject({ reason: 'program-exit', exitCode: 0 });
  });

  it('end with the code that a waiting launcher hands on, as the only one who saw it', async () => {
    const script = "cp /app/bin/probe $HOME/game; $HOME/game -c 'sleep 1; exit 9'; exit $?";
    await node.connect(launch(script, ['game']));
    expect(await node.endOf('s1')).toMatchObject({ reason: 'program-crash', exitCode: 9 });
  });

  it('change nothing while the program itself runs, nor about what it leaves behind under other names', async () => {
    const script = `${spawnGame('helper', 'sleep 1000; exit 1')} sleep 2; echo leaving; exit 4`;
    await node.connect(launch(script, ['game']));
    await node.waitForProgramLog('leaving');
    expect(await node.endOf('s1')).toMatchObject({ reason: 'program-crash', exitCode: 4 });
    await node.idle();
  });

  it('are followed by the next agent', async () => {
    const game = spawnGame('game', 'while [ ! -e $HOME/stop ]; do sleep 0.1; done; exit 5');
    await node.connect(launch(`${game} (sleep 6; touch $HOME/stop) & echo launched; exit 0`, ['game']));
    await node.waitForProgramLog('launched');
    await node.killAgent();
    await node.start();
    expect(await node.endOf('s1')).toMatchObject({ reason: 'program-crash', exitCode: 5 });
  });

  it('are killed with the session', async () => {
    await node.connect(launch(`${spawnGame('game', 'sleep 1000; exit 1')} echo launched; exit 0`, ['GAME.EXE']));
    await node.waitForProgramLog('launched');
    const { session } = node.record();
    await node.command('session.end', { sessionId: 's1', slotIndex: 0, reason: 'api', message: '' });
    await node.idle();
    expect(session?.program && alive(session.program)).toBe(false);
  });

  describe.runIf(root)('when processes are killed from outside', () => {
    const game = 'trap "exit 21" TERM; while :; do sleep 0.1; done';
    const followed = () => launch(`${spawnGame('game', game)} exec sleep 2000`, ['game']);

    it('go on without their launcher', async () => {
      await node.connect(followed());
      const gamePid = await pidOf('/game');
      const launcherPid = await eventually('the launcher', () => {
        return [...commands()].find(([, argv]) => argv.join(' ') === 'sleep 2000')?.[0];
      });
      process.kill(launcherPid, 'SIGKILL');
      await eventually('the end of the launcher', () => argumentsOf(launcherPid).length === 0);
      process.kill(gamePid, 'SIGTERM');
      expect(await node.endOf('s1')).toMatchObject({ reason: 'program-crash', exitCode: 21 });
      await node.idle();
    });

    it('are gone with what keeps them', async () => {
      await node.connect(followed());
      await pidOf('/game');
      const pids = [...commands().keys()];
      process.kill(await pidOf('/keeper'), 'SIGKILL');
      expect(await node.endOf('s1')).toMatchObject({ reason: 'program-crash', exitCode: 137 });
      await node.idle();
      expect(pids.filter((pid) => argumentsOf(pid).length > 0)).toEqual([]);
    });

    it('may breed as they like within the limit of the node', async () => {
      const breed = 'breed() { breed & breed & wait; }; breed';
      await node.connect(launch(`${spawnGame('game', breed)} exit 0`, ['game']));
      await eventually('a full group', () => commands().size >= 200);
      const pids = [...commands().keys()];
      await node.command('session.end', { sessionId: 's1', slotIndex: 0, reason: 'api', message: '' });
      await node.idle();
      expect(pids.filter((pid) => argumentsOf(pid).length > 0)).toEqual([]);
    });
  });
});
