import type { PackageRef } from '@cloudstage/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentEntries, AgentHarness, bundleAgent, eventually, removeBundles } from './testing/agent-harness.js';
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
  node = await AgentHarness.create(entries, { limits: { cpuCores: 2 } });
  pkg = await storeTestPackage(node.storeDir, [{ path: 'bin/probe', from: '/bin/dash' }]);
  await node.start();
  await node.idle();
});
afterEach(() => node.dispose());

const probe = (script: string) => ({ package: pkg, entryPath: 'bin/probe', args: ['-c', script] });

describe.runIf(root)('limits of a session', () => {
  const cpuQuota = () => node.groupLimit('cpu', { v1: 'cpu.cfs_quota_us', v2: 'cpu.max' })?.split(' ')[0];

  it('hold for the session, survive a restart of the agent, and end with the session', async () => {
    await node.connect({ ...probe('sleep 1000'), limits: { cpuCores: 0.5, memoryBytes: null } });
    expect(cpuQuota()).toBe('50000');
    await node.killAgent();
    await node.start();
    expect(cpuQuota()).toBe('50000');
    await node.command('session.end', { sessionId: 's1', slotIndex: 0, reason: 'api', message: '' });
    await node.idle();
    await node.connect(probe('sleep 1000'), { sessionId: 's2' });
    expect(cpuQuota()).toBe('200000');
  });

  it('never exceed the limits of the node', async () => {
    await node.connect({ ...probe('sleep 1000'), limits: { cpuCores: 64, memoryBytes: null } });
    expect(cpuQuota()).toBe('200000');
  });

  it('bound the memory of the program together with its files', async () => {
    const script =
      'echo small > $HOME/a && echo wrote; head -c 200000000 /dev/zero > $HOME/b && echo filled; echo over';
    await node.connect({ ...probe(script), limits: { cpuCores: null, memoryBytes: 100_000_000 } });
    await node.waitForProgramLog('wrote');
    await node.endOf('s1');
    expect(node.programLog()).not.toContain('filled');
  });
});

describe('peer.remove', () => {
  it('closes the peers of one user and leaves the session', async () => {
    await node.connect(probe('sleep 1000'));
    await eventually('a connected client', async () => (await node.slot()).connected);
    const remove = { sessionId: 's1', slotIndex: 0, userId: 'user-connect', code: 1, message: 'out' };
    expect(await node.command('peer.remove', { ...remove, userId: 'somebody' })).toMatchObject({ ok: true });
    expect(await node.command('peer.remove', { ...remove, sessionId: 'other' })).toMatchObject({ ok: true });
    expect(await node.command('peer.remove', { ...remove, slotIndex: 9 })).toMatchObject({ ok: true });
    expect((await node.slot()).connected).toBe(true);
    expect(await node.command('peer.remove', remove)).toMatchObject({ ok: true });
    await eventually('no client', async () => !(await node.slot()).connected);
    await eventually('no route', async () => (await node.routes()).length === 0);
    expect(await node.slot()).toMatchObject({ state: 'busy', sessionId: 's1' });
  });
});

describe('a live push', () => {
  const push = (url: string, sessionId = 's1') => node.command('stream.publish', { sessionId, slotIndex: 0, url });
  const stop = () => node.command('stream.unpublish', { sessionId: 's1', slotIndex: 0 });
  const states = () => node.reports.flatMap((event) => (event.type === 'session.publish' ? [event.state] : []));
  const url = 'rtmp://127.0.0.1/live/works';

  it('is told to the control plane, stopped, and refused without its session', async () => {
    expect(await push(url)).toMatchObject({ ok: false, code: 'slot-mismatch' });
    await node.connect(probe('sleep 1000'));
    expect(await push(url, 's2')).toMatchObject({ ok: false, code: 'slot-mismatch' });
    expect(await push(url)).toMatchObject({ ok: true });
    await eventually('publishing', () => states().at(-1) === 'publishing');
    expect(node.record().session?.publishUrl).toBe(url);
    expect(await stop()).toMatchObject({ ok: true });
    await eventually('the end', () => states().at(-1) === 'stopped');
    expect(node.record().session?.publishUrl).toBeNull();
    expect(await stop()).toMatchObject({ ok: true });
  });

  it('goes on with the next streamer and the next agent', async () => {
    await node.connect(probe('sleep 1000'));
    await push(url);
    await eventually('publishing', () => states().at(-1) === 'publishing');
    const { streamer } = node.record().warm;
    if (!streamer) throw new Error('the streamer has no process');
    process.kill(streamer.pid, 'SIGKILL');
    // The next streamer may publish before anybody looks.
    await eventually('the loss', () => states().includes('reconnecting'));
    await eventually('publishing again', () => states().lastIndexOf('publishing') > states().indexOf('reconnecting'));
    await node.killAgent();
    const before = states().length;
    await node.start();
    await eventually(
      'the report of the next agent',
      () => states().length > before && states().at(-1) === 'publishing',
    );
    expect(await stop()).toMatchObject({ ok: true });
    await eventually('the end', () => states().at(-1) === 'stopped');
  });

  it('is forgotten when its streamer gives it up', async () => {
    await node.connect(probe('sleep 1000'));
    await push('rtmp://127.0.0.1/live/fails');
    await eventually('the end', () => states().at(-1) === 'stopped');
    expect(node.record().session?.publishUrl).toBeNull();
  });
});
