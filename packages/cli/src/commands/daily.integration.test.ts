import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { finished, startTestInstance, type TestInstance } from '../testing/instance.testkit.js';
import { runTool } from '../tool.js';

// Each command is a process that loads the whole program, on machines that do other things too.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let instance: TestInstance;
let projectId: string;
let accountId: string;

beforeAll(async () => {
  instance = await startTestInstance();
  const { admin } = instance.plane;
  const tree = join(instance.dir, 'tree');
  mkdirSync(join(tree, 'bin'), { recursive: true });
  writeFileSync(join(tree, 'bin/game'), '\x7fELF a program');
  chmodSync(join(tree, 'bin/game'), 0o755);
  const archivePath = join(instance.dir, 'game.zip');
  await runTool('bsdtar', ['-acf', archivePath, '-C', tree, '.'], { cwd: instance.dir, deadlineMs: 60_000 });
  const { applicationId } = await admin.findOrCreateApplication({
    ...{ name: 'game', kind: 'Application3D', entryPath: 'bin/game', args: [] },
    ...{ archivePath, archiveName: 'game.zip' },
  });
  ({ projectId } = await admin.findOrCreateProject({ name: 'game', applicationId }));
  ({ accountId } = await admin.ensureFirstAccessKey());
});
afterAll(() => instance.close());

/** Within what one question about use may span. */
const lastMonth = new Date(Date.now() - 30 * 86_400_000).toISOString();
const caller = () => ({ accountId, requestId: 'test' });

/** A user comes, and the client connects. */
async function play(userId: string): Promise<string> {
  const { services } = instance.plane;
  const user = { userId, userIp: '198.51.100.4' };
  const wish = { ...user, projectId, applicationId: '', applicationVersionId: '' };
  await vi.waitFor(async () => expect((await services.applyConcurrent(caller(), wish)).type).toBe('reserved'), 20_000);
  const created = await services.createSession(caller(), {
    ...user,
    clientSession: { sdp: 'v=0\r\n' },
    runWithoutClient: false,
    applicationParameters: '',
    hostUserId: '',
    role: null,
  });
  if (created.type !== 'created') throw new Error(created.type);
  await instance.node.clientConnected(created.sessionId, true);
  return created.sessionId;
}

async function ended(sessionId: string): Promise<void> {
  await vi.waitFor(async () => {
    const detail = await instance.plane.services.findSessionDetail({ sessionId });
    expect(detail?.state).toBe('ended');
  }, 20_000);
}

/** What a running command has written so far. */
function follow(...args: readonly string[]) {
  const child = instance.start(args);
  const text = { stdout: '', stderr: '' };
  child.stdout?.on('data', (part) => {
    text.stdout += part;
  });
  child.stderr?.on('data', (part) => {
    text.stderr += part;
  });
  return { child, text, done: finished(child) };
}

interface Session {
  readonly SessionId: string;
  readonly State: string;
  readonly UserId: string;
}

describe('sessions', () => {
  it('are listed, shown, kicked, and found in the history', async () => {
    const sessionId = await play('alice');
    const listed = await instance.json<Session[]>('sessions', 'list', '--user-id', 'alice');
    expect(listed).toMatchObject([{ SessionId: sessionId, State: 'running', UserId: 'alice' }]);
    expect(await instance.json('sessions', 'list', '--state', 'starting')).toEqual([]);
    expect((await instance.run('sessions', 'list')).stdout).toMatch(
      new RegExp(`${sessionId} +alice +${projectId} +node-1/\\d +running`),
    );
    instance.node.latency = { jitter_buffer: { p50: 4.5, p95: 9, p99: 12, count: 60 } };
    instance.node.picture = { width: 640, height: 360, screen: { width: 1_280, height: 720 }, fps: 30 };
    const running = await instance.run('sessions', 'show', sessionId);
    expect(running.stdout).toMatch(/Picture +640x360 of a screen of 1280x720, 30 a second/);
    expect(running.stdout).toMatch(/LATENCY \(MS\) +P50 +P95 +P99 +SAMPLES\n *jitter buffer +4\.5 +9 +12 +60/);
    expect(await instance.json('sessions', 'kick', sessionId)).toEqual({ SessionIds: [sessionId] });
    await ended(sessionId);
    const page = await instance.json<{ Sessions: Session[] }>('sessions', 'history', '--reason', 'kicked');
    expect(page.Sessions).toMatchObject([{ SessionId: sessionId, State: 'ended', EndReason: 'kicked' }]);
    expect(await instance.json('sessions', 'history', '--to', '2020-01-01')).toMatchObject({ Sessions: [] });
    const shown = await instance.run('sessions', 'show', sessionId);
    expect(shown.stdout).toMatch(/State +ended/);
    expect(shown.stdout).toMatch(/Reason +kicked/);
    expect(shown.stdout).toMatch(/client-connected +running/);
    expect(shown.stdout).not.toContain('LATENCY');
    const unknown = await instance.run('sessions', 'show', 'ses-unknown');
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('cloudstage sessions list') });
    const wrong = await instance.run('sessions', 'list', '--state', 'asleep');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('waiting-reconnect') });
  });

  it('are watched as they change, until Ctrl-C', async () => {
    const { child, text, done } = follow('sessions', 'tail', '--json');
    await vi.waitFor(() => expect(text.stderr).toContain('Waiting'), 120_000);
    const sessionId = await play('bob');
    await vi.waitFor(() => expect(text.stdout).toContain('client-connected'), 60_000);
    await instance.plane.admin.endSession(sessionId);
    await vi.waitFor(() => expect(text.stdout).toContain('"State":"ended"'), 60_000);
    child.kill('SIGINT');
    expect((await done).code).toBe(130);
    const events: Session[] = text.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const mine = events.filter(({ SessionId }) => SessionId === sessionId);
    expect(mine[0]).toMatchObject({ Type: 'created', State: 'reserved', UserId: 'bob', ProjectId: projectId });
    expect(mine.map(({ State }) => State).filter((state, index, all) => state !== all[index - 1])).toEqual([
      'reserved',
      'starting',
      'running',
      'ending',
      'ended',
    ]);
  });
});

it('ends quietly when nobody reads what it writes any more', async () => {
  const { child, text, done } = follow('sessions', 'tail');
  await vi.waitFor(() => expect(text.stderr).toContain('Waiting'), 120_000);
  child.stdout?.destroy();
  const sessionId = await play('zoe');
  const { code, stderr } = await done;
  expect({ code, stderr }).toEqual({ code: 141, stderr: expect.not.stringContaining('EPIPE') });
  await instance.plane.admin.endSession(sessionId);
  await ended(sessionId);
});

describe('usage', () => {
  it('is exported as CSV and added up', async () => {
    const sessionId = await play('carol');
    await instance.plane.admin.endSession(sessionId);
    await ended(sessionId);
    const range = ['--from', lastMonth, '--project-id', projectId];
    const { code, stdout, stderr } = await instance.run('usage', 'export', ...range.slice(0, 2));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^session_id,account_id,.*\r\n/);
    expect(stdout).toMatch(new RegExp(`^${sessionId},${accountId},${projectId},.*,carol,active,`, 'm'));
    const path = join(instance.dir, 'usage.csv');
    const written = await instance.json<{ Bytes: number }>('usage', 'export', ...range, '--output', 'usage.csv');
    expect(written).toEqual({ Path: path, Bytes: readFileSync(path).length });
    expect(readFileSync(path, 'utf8')).toContain(sessionId);
    const again = await instance.run('usage', 'export', ...range, '--output', 'usage.csv');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
    const other = await instance.run('usage', 'export', '--from', lastMonth, '--project-id', 'cap-other');
    expect(other.stdout.split('\r\n')).toHaveLength(2);
    const totals = await instance.json<object[]>('usage', 'totals', ...range);
    expect(totals).toMatchObject([{ ProjectId: projectId, Milliseconds: { Active: expect.any(Number) } }]);
    expect((await instance.run('usage', 'totals', ...range)).stdout).toMatch(/^DAY +ACCOUNT +PROJECT +ACTIVE +IDLE/);
  });

  it('says what is wrong, and leaves no half file', async () => {
    const long = ['usage', 'export', '--from', '2020-01-01', '--to', '2026-01-01'];
    expect(await instance.run(...long, '--output', 'long.csv')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('366 days'),
    });
    expect([existsSync(join(instance.dir, 'long.csv')), existsSync(join(instance.dir, 'long.csv.part'))]).toEqual([
      false,
      false,
    ]);
    const nowhere = await instance.run('usage', 'export', '--from', lastMonth, '--output', 'no/such/dir.csv');
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written') });
    expect(await instance.run(...long, '--json')).toMatchObject({ code: 2 });
  });
});

describe('nodes', () => {
  it('are listed and shown', async () => {
    const sessionId = await play('dave');
    const [node] = await instance.json<Record<string, unknown>[]>('nodes', 'list');
    expect(node).toMatchObject({
      ...{ NodeId: 'node-1', Region: 'local', Version: '0.0.0', Online: true, DrainBegunAt: null },
      SlotsByState: { Busy: 1 },
      LastSeenAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await instance.run('nodes', 'list')).stdout).toMatch(
      /node-1 +simulated +local +online +idle 1, busy 1 +all/,
    );
    expect((await instance.run('nodes', 'list', '--region', 'mars')).stdout).toMatch(/^No nodes/);
    const shown = await instance.run('nodes', 'show', 'node-1');
    expect(shown.stdout).toMatch(new RegExp(`busy +${sessionId} +running +dave`));
    expect(await instance.run('nodes', 'show', 'node-9')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cloudstage nodes list'),
    });
    await instance.plane.admin.endSession(sessionId);
    await ended(sessionId);
  });

  it('are drained while who plays plays on, and resumed', async () => {
    const sessionId = await play('erin');
    const { child, text, done } = follow('nodes', 'drain', 'node-1', '--wait');
    await vi.waitFor(() => expect(text.stderr).toContain('slots in use: 1'), 120_000);
    const wish = { userId: 'frank', userIp: '', projectId, applicationId: '', applicationVersionId: '' };
    expect(await instance.plane.services.applyConcurrent(caller(), wish)).toEqual({ type: 'no-idle' });
    expect(await instance.plane.services.findSessionDetail({ sessionId })).toMatchObject({ state: 'running' });
    expect((await instance.run('nodes', 'list')).stdout).toContain('draining, 1 left');
    expect(child.exitCode).toBeNull();
    await instance.plane.admin.endSession(sessionId);
    expect(await done).toMatchObject({ code: 0, stdout: expect.stringContaining('Nobody is left on node-1') });
    await instance.json('nodes', 'resume', 'node-1');
    expect(await instance.json('audit', 'list', '--target', 'node-1')).toMatchObject({
      Entries: [
        { Action: 'resumeNode', Outcome: 'ok' },
        { Action: 'drainNode', Outcome: 'ok' },
      ],
    });
    expect((await instance.plane.services.applyConcurrent(caller(), wish)).type).toBe('reserved');
  });
});

describe('background images', () => {
  it('are added, shown by a project, and removed', async () => {
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(64)]);
    writeFileSync(join(instance.dir, 'loading.png'), png);
    const image = await instance.json<{ Id: string; Url: string }>('images', 'add', 'loading.png', '--name', 'loading');
    const served = await fetch(image.Url);
    expect([served.status, Buffer.from(await served.arrayBuffer())]).toEqual([200, png]);
    await instance.json('project', 'update', projectId, '--background-image', image.Id);
    expect(await instance.json('project', 'show', projectId)).toMatchObject({
      BackgroundImage: { COSFileId: image.Id, Name: 'loading' },
    });
    expect(await instance.json('images', 'list')).toMatchObject([
      { Id: image.Id, Name: 'loading', SizeBytes: png.length, ProjectIds: [projectId] },
    ]);
    const used = await instance.run('images', 'remove', image.Id, '--yes');
    expect(used).toMatchObject({ code: 1, stderr: expect.stringContaining('--background-image none') });
    await instance.json('project', 'update', projectId, '--background-image', 'none');
    await instance.json('images', 'remove', image.Id, '--yes');
    expect((await fetch(image.Url)).status).toBe(404);
    expect((await instance.run('images', 'list')).stdout).toMatch(/^No background images/);
  });

  it('are refused when they are none', async () => {
    writeFileSync(join(instance.dir, 'text.png'), 'text');
    writeFileSync(join(instance.dir, 'large.png'), Buffer.alloc(2 * 1024 * 1024 + 1));
    const add = async (file: string) => JSON.parse((await instance.run('images', 'add', file, '--json')).stderr).Error;
    expect(await add('text.png')).toMatchObject({ Code: 'image-type-unknown' });
    expect(await add('large.png')).toMatchObject({ Code: 'image-too-large' });
    expect(await add('.')).toMatchObject({ Code: 'image-unreadable' });
    expect(await add('missing.png')).toMatchObject({ Code: 'image-unreadable', Advice: expect.any(String) });
  });
});
