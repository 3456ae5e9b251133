import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
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
  node = await AgentHarness.create(entries);
  pkg = await storeTestPackage(node.storeDir, [
    { path: 'bin/gears', from: '/usr/bin/glxgears' },
    // A shell as the program: it says what it can see. `-c` is an argument like any other.
    { path: 'bin/probe', from: '/bin/dash' },
    { path: 'start.sh', text: '#!/bin/sh\n', executable: true },
  ]);
  await node.start();
  await node.idle();
});
afterEach(() => node.dispose());

const gears = () => ({ package: pkg, entryPath: 'bin/gears' });
const probe = (script: string) => ({ package: pkg, entryPath: 'bin/probe', args: ['-c', script] });
const isBusy = async (sessionId: string) => expect(await node.slot()).toMatchObject({ state: 'busy', sessionId });

describe('a session', () => {
  it('runs the program on a warm display, with sound and a route, and tells who is connected', async () => {
    const before = node.record().warm;
    const result = await node.connect(gears());
    expect(result).toMatchObject({
      ok: true,
      value: { answer: { serverIp: '127.0.0.1', videoMimeType: 'video/H264' } },
    });
    expect(node.record().warm).toEqual(before);
    await isBusy('s1');
    expect(await node.routes()).toHaveLength(1);
    await node.reported('a connected client', (event) => event.type === 'session.client' && event.connected);
    expect((await node.slot()).connected).toBe(true);
    // Three gears in shades on a black, maximised window.
    await eventually('gears on the display', async () => (await node.screenColours()) > 20);
  });

  it('draws no more frames than the stream shows', async () => {
    await node.connect(gears());
    const log = await node.waitForProgramLog('frames in');
    // Hundreds without the frame pacer.
    expect(Number(/ = ([\d.]+) FPS/.exec(log)?.[1])).toBeLessThan(62);
  });

  it('is idempotent: the same command again adds a peer, another session is refused', async () => {
    await node.connect(gears());
    const { session } = node.record();
    await node.connect(gears());
    expect(node.record().session).toEqual(session);
    // The user's older peer was replaced, and its route went with it.
    await eventually('one route', async () => (await node.routes()).length === 1);
    expect(await node.connect(gears(), { sessionId: 's2' })).toMatchObject({ ok: false, code: 'slot-mismatch' });
  });

  it('ends with the program, and the next one finds nothing of it', async () => {
    const { display } = node.record().warm;
    await node.connect(probe('touch $HOME/secret; exit 0'), { userId: 'u' });
    expect(await node.endOf('s1')).toMatchObject({ reason: 'program-exit', exitCode: 0 });
    await node.idle();
    expect(alive(display.process)).toBe(false);
    await node.connect(probe('ls -a $HOME; echo done; exit 3'), { sessionId: 's2', userId: 'u' });
    expect(await node.waitForProgramLog('done')).not.toContain('secret');
    expect(await node.endOf('s2')).toMatchObject({ reason: 'program-crash', exitCode: 3 });
    await node.idle();
    expect(await node.routes()).toEqual([]);
  });

  it('ends on command, with everything the program started', async () => {
    await node.connect(probe('sleep 1000 & sleep 1000 & echo started; wait'));
    await node.waitForProgramLog('started');
    const { session } = node.record();
    const described = await node.command('session.describe', { sessionId: 's1', slotIndex: 0 });
    expect(described).toMatchObject({ ok: true, value: { latency: { encode: { p50: 1, p95: 2, p99: 3, count: 4 } } } });
    const measured = async () => {
      const answer = await node.command('node.statistics', {});
      return answer.ok ? answer.value.latency : null;
    };
    const before = await measured();
    const statistics = await node.command('node.statistics', {});
    expect(statistics).toMatchObject({
      ok: true,
      value: { mux: { routes: 1, udpFlows: 0, dropped: { malformed: 0 } } },
    });
    const end = { sessionId: 's1', slotIndex: 0, reason: 'api', message: 'bye' } as const;
    expect(await node.command('session.end', end)).toMatchObject({ ok: true });
    expect(await node.command('session.describe', { sessionId: 's1', slotIndex: 0 })).toMatchObject({ ok: false });
    // Cleaning, or done with it already.
    expect(['cleaning', 'idle']).toContain((await node.slot()).state);
    expect(await node.command('session.end', { ...end, sessionId: 'never-was' })).toMatchObject({ ok: true });
    await node.idle();
    // What the streamer measured outlives it.
    const total = { counts: { encode: [[30, (before?.counts.encode?.[0]?.[1] ?? 0) + 2]] } };
    expect(await measured()).toMatchObject(total);
    expect(session?.program && alive(session.program)).toBe(false);
    expect(await node.routes()).toEqual([]);
  });

  it('restarts the program for a player on the same display', async () => {
    await node.connect(probe('echo started; sleep 1000'));
    await node.waitForProgramLog('started');
    const first = node.record();
    await node.connect(probe(''), { userId: 'user-restart' });
    const second = await eventually('another program', () => {
      const now = node.record();
      return now.session?.program?.pid !== first.session?.program?.pid && now;
    });
    expect(second.warm).toEqual(first.warm);
    await isBusy('s1');
    await eventually('the program twice', () => node.programLog().match(/started/g)?.length === 2);
  });
});

describe('refusals', () => {
  it.each([
    ['a script', 'start.sh'],
    ['a missing file', 'bin/none'],
    ['a path out of the package', '../../../bin/sh'],
  ])('%s is no entry', async (_name, entryPath) => {
    expect(await node.connect({ package: pkg, entryPath })).toMatchObject({ ok: false, code: 'entry-not-found' });
    expect((await node.slot()).state).toBe('idle');
  });

  it('names an unknown package and an unknown slot', async () => {
    const unknown = { manifestSha256: 'e'.repeat(64) };
    expect(await node.command('package.prefetch', { package: unknown })).toMatchObject({ code: 'package-unavailable' });
    expect(await node.connect({ package: unknown, entryPath: 'x' })).toMatchObject({ code: 'package-unavailable' });
    const stream = {
      width: 1,
      height: 1,
      fps: 1,
      minBitrateBps: 1,
      maxBitrateBps: 1,
      disabledVideoCodecs: [],
      publishKeyFrameIntervalMs: 2000,
      publishIncludesMicrophone: false,
    };
    const launch = {
      applicationId: '',
      applicationVersionId: '',
      args: [],
      processNames: [],
      window: null,
      limits: { cpuCores: null, memoryBytes: null },
      ...gears(),
    };
    const params = { sessionId: 's', slotIndex: 9, launch, stream, peer: null };
    expect(await node.command('session.connect', params)).toMatchObject({ ok: false, code: 'slot-mismatch' });
  });

  it('leaves nothing running after an offer that cannot be answered', async () => {
    expect(await node.connect(gears(), { userId: 'user-bad-offer' })).toMatchObject({
      ok: false,
      code: 'offer-invalid',
    });
    await node.idle();
    expect(node.record().session).toBeNull();
    expect(node.reports.some((event) => event.type === 'session.ended')).toBe(false);
  });
});

describe('isolation', () => {
  it('shows the program its own world only', async () => {
    const script = [
      'echo uid $(id -u) caps $(grep CapEff /proc/self/status)',
      'echo ipc $(readlink /proc/self/ns/ipc) net $(readlink /proc/self/ns/net) pid $(readlink /proc/self/ns/pid)',
      `for path in /root /home/user/.. ${node.dir} ${node.runDir} /etc/shadow /var/lib /run/user/0; do ls $path 2>&1 | sed "s,^,[$path] ,"; done`,
      // By stat: a socket that is bound over a file still looks like a file in its directory.
      'echo sockets $(find /tmp /run /home /dev /var -exec test -S {} \\; -print 2>/dev/null)',
      'echo processes $(ls /proc | grep -c "^[0-9]*$")',
      'for path in /app/x /usr/x /etc/x /dev/x /run/x /x; do touch $path 2>/dev/null && echo WROTE $path; done',
      'touch $HOME/x /tmp/x /dev/shm/x $XDG_RUNTIME_DIR/x && echo home works',
      'echo bounds $(df -m --output=size /dev/shm /tmp | tail -n 2)',
      'echo descriptors $(ls /proc/self/fd)',
      'echo filter $(grep Seccomp: /proc/self/status)',
      'echo interfaces $(ls /proc/sys/net/ipv4/conf)',
      'pactl info | grep Default.Sink; xdpyinfo | grep -c dimensions; echo done; sleep 1000',
    ].join('\n');
    await node.connect(probe(script));
    const log = await node.waitForProgramLog('done');
    expect(log).toContain('uid 1000 caps CapEff: 0000000000000000');
    for (const hidden of ['/root', node.dir, node.runDir, '/etc/shadow', '/var/lib', '/run/user/0']) {
      expect(log).toMatch(new RegExp(`\\[${hidden}\\] ls: cannot access`));
    }
    const { displayNumber, process: display } = node.record().warm.display;
    const sockets = /sockets (.*)/.exec(log)?.[1]?.split(' ').sort();
    expect(sockets).toEqual(['/run/cloudstage/pulse', `/tmp/.X11-unix/X${displayNumber}`]);
    expect(Number(/processes (\d+)/.exec(log)?.[1])).toBeLessThan(10);
    expect(log).not.toContain('WROTE');
    expect(log).toContain('home works');
    expect(log).toContain('bounds 512 512\n');
    // The fourth is the directory that is being listed.
    expect(log).toContain('descriptors 0 1 2 3\n');
    expect(log).toContain('filter Seccomp: 2\n');
    expect(log).toContain('interfaces all default lo\n');
    expect(log).toContain('Default Sink: cloudstage');
    const [, ipc, net, pid] = /ipc (\S+) net (\S+) pid (\S+)/.exec(log) ?? [];
    // The X server's IPC namespace, which is not the machine's: Mesa needs it.
    expect(ipc).toBe(readlinkSync(`/proc/${display.pid}/ns/ipc`));
    expect(ipc).not.toBe(readlinkSync('/proc/self/ns/ipc'));
    expect(net).not.toBe(readlinkSync('/proc/self/ns/net'));
    expect(pid).not.toBe(readlinkSync('/proc/self/ns/pid'));
  });

  it.runIf(root)('runs display, sound and program as the user of the slot', async () => {
    await node.connect(probe('echo started; sleep 1000'));
    await node.waitForProgramLog('started');
    const uidOf = (pid: number) => Number(/Uid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const { warm } = node.record();
    const status = JSON.parse(
      readFileSync(join(node.runDir, 'slot-0/program-status.json'), 'utf8').split('\n')[0] ?? '',
    );
    const pids = [warm.display.process.pid, warm.sound.pid, warm.windowManager.pid, status['child-pid']];
    expect(pids.map(uidOf)).toEqual([710_000, 710_000, 710_000, 710_000]);
  });
});

describe('supervision', () => {
  const sameProgram = async () => {
    const { session } = node.record();
    return () => {
      expect(node.record().session).toEqual(session);
      expect(session?.program && alive(session.program)).toBe(true);
    };
  };

  it('replaces a killed streamer: the program goes on, its peers are gone, new ones can come', async () => {
    await node.connect(gears());
    await node.reported('a connected client', (event) => event.type === 'session.client' && event.connected);
    const check = await sameProgram();
    const { streamer } = node.record().warm;
    process.kill(streamer?.pid ?? 0, 'SIGKILL');
    await node.reported('a lost client', (event) => event.type === 'session.client' && !event.connected);
    await eventually('no route', async () => (await node.routes()).length === 0);
    const result = await eventually('a new peer', async () => {
      const answer = await node.connect(gears());
      return answer.ok || answer.code !== 'streamer-unavailable' ? answer : undefined;
    });
    expect(result.ok).toBe(true);
    expect(await node.routes()).toHaveLength(1);
    check();
    expect(node.record().warm.streamer).not.toEqual(streamer);
  });

  it('replaces a killed port mux and sends it the routes again', async () => {
    await node.connect(gears());
    const routes = await node.routes();
    const { process: mux } = JSON.parse(readFileSync(join(node.runDir, 'mux.json'), 'utf8'));
    process.kill(mux.pid, 'SIGKILL');
    await eventually('the routes', async () => {
      const now = await node.routes().catch(() => []);
      return now.length === routes.length && !alive(mux) && now;
    });
    expect(await node.routes()).toEqual(routes);
  });

  it('replaces a killed window manager', async () => {
    await node.connect(gears());
    const check = await sameProgram();
    const { windowManager } = node.record().warm;
    process.kill(windowManager.pid, 'SIGKILL');
    await eventually('another window manager', () => node.record().warm.windowManager.pid !== windowManager.pid);
    check();
  });

  it.each(['display', 'sound'] as const)('ends the session when its %s dies, and the slot recovers', async (part) => {
    await node.connect(gears());
    const { warm } = node.record();
    process.kill(part === 'display' ? warm.display.process.pid : warm.sound.pid, 'SIGKILL');
    expect(await node.endOf('s1')).toMatchObject({ reason: 'program-crash' });
    await node.idle();
    expect(await node.connect(gears(), { sessionId: 's2' })).toMatchObject({ ok: true });
  });
});

describe('restart of the agent', () => {
  it('takes over a running session after SIGKILL', async () => {
    await node.connect(gears());
    await eventually('a connected client', async () => (await node.slot()).connected);
    const before = node.record();
    const routes = await node.routes();
    await node.killAgent();
    await node.start();
    await isBusy('s1');
    expect((await node.slot()).connected).toBe(true);
    expect(node.record()).toEqual(before);
    expect(before.session?.program && alive(before.session.program)).toBe(true);
    expect(await node.routes()).toEqual(routes);
    // It is still in charge: the session can be ended, and the slot used again.
    await node.command('session.end', { sessionId: 's1', slotIndex: 0, reason: 'api', message: '' });
    await node.idle();
    expect(await node.connect(gears(), { sessionId: 's2' })).toMatchObject({ ok: true });
  });

  it('reports a program that ended meanwhile with its exit code', async () => {
    await node.connect(probe('trap "exit 0" USR1; echo started; while :; do sleep 0.1; done'), { userId: 'u' });
    const status = join(node.runDir, 'slot-0/program-status.json');
    await node.waitForProgramLog('started');
    const child = JSON.parse(readFileSync(status, 'utf8').split('\n')[0] ?? '')['child-pid'];
    await node.killAgent();
    const [program] = readFileSync(`/proc/${child}/task/${child}/children`, 'utf8').split(' ');
    process.kill(Number(program), 'SIGUSR1');
    await eventually('the exit code', async () => readFileSync(status, 'utf8').includes('exit-code'));
    await node.start();
    expect(await node.endOf('s1')).toMatchObject({ reason: 'program-exit', exitCode: 0 });
    await node.idle();
  });

  it('cleans up when display and program died with it', async () => {
    await node.connect(gears());
    const { warm, session } = node.record();
    await node.killAgent();
    for (const identity of [warm.display.process, session?.program])
      if (identity) process.kill(identity.pid, 'SIGKILL');
    await node.start();
    await node.idle();
    expect(alive(warm.sound)).toBe(false);
    expect(await node.connect(gears(), { sessionId: 's2' })).toMatchObject({ ok: true });
  });
});

it('runs on Xvfb as well', async () => {
  const other = await AgentHarness.create(entries, { display: { driver: 'xvfb' } });
  try {
    const ref = await storeTestPackage(other.storeDir, [{ path: 'gears', from: '/usr/bin/glxgears' }]);
    await other.start();
    await other.idle();
    expect(other.record().warm.display.driver).toBe('xvfb');
    expect(await other.connect({ package: ref, entryPath: 'gears' })).toMatchObject({ ok: true });
    await eventually('gears on the display', async () => (await other.screenColours()) > 20);
  } finally {
    await other.dispose();
  }
});

it.runIf(root)('limits the number of processes', async () => {
  const other = await AgentHarness.create(entries, { limits: { processes: 32 } });
  try {
    const ref = await storeTestPackage(other.storeDir, [{ path: 'probe', from: '/bin/dash' }]);
    await other.start();
    await other.idle();
    const script = 'i=0; while [ $i -lt 100 ]; do sleep 100 & i=$((i+1)); done; echo unlimited';
    await other.connect({ package: ref, entryPath: 'probe', args: ['-c', script] });
    await eventually('the limit', () => /Cannot fork|unlimited/.test(other.programLog()));
    expect(other.programLog()).toContain('Cannot fork');
  } finally {
    await other.dispose();
  }
});

it('a second agent on the same run directory is refused', async () => {
  const config = { runDir: node.runDir, dataDir: join(node.dir, 'data2'), slots: 1 };
  const argument = JSON.stringify({ config, storeDir: node.storeDir, socketPath: join(node.dir, 'second.sock') });
  const second = spawnSync(process.execPath, [entries.agent, argument], { encoding: 'utf8', timeout: 20_000 });
  expect(second.stderr).toContain('node-already-running');
  expect((await node.slot()).state).toBe('idle');
});

it('close ends the session and leaves nothing', async () => {
  await node.connect(gears());
  const { warm, session } = node.record();
  expect(node.leftovers().length).toBeGreaterThan(0);
  await node.close();
  expect(node.leftovers()).toEqual([]);
  const identities = [warm.display.process, warm.sound, warm.windowManager, warm.streamer, session?.program];
  for (const identity of identities) expect(identity && alive(identity)).toBe(false);
  expect(existsSync(`/tmp/.X11-unix/X${warm.display.displayNumber}`)).toBe(false);
  expect(existsSync(`/tmp/.X${warm.display.displayNumber}-lock`)).toBe(false);
});
