import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../../services/contract.js';
import { type Actors, createActors } from '../../../testing/concurrency.testkit.js';
import { openTestDatabase, resetDatabase } from '../../../testing/database.testkit.js';
import { createHarness, type Harness, until } from '../../../testing/harness.testkit.js';
import { type NodeSimulator, startNodeSimulator } from '../../../testing/node-simulator.testkit.js';
import { actionHandlers } from '../handlers.js';

type Request<N extends keyof typeof actionHandlers> = Parameters<(typeof actionHandlers)[N]>[1];

let database: Harness['database'];
let h: Harness;
let a: Actors;
let node: NodeSimulator;
const stranger: Caller = { accountId: 'acc-stranger', requestId: 'r' };

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await resetDatabase(database);
  h = await createHarness(database);
  node = await startNodeSimulator(h.uplink, { slots: 4, region: 'ap-tokyo' });
  a = createActors(h);
});
afterEach(() => h.stop());

const context = (caller: Caller = h.caller) => ({ services: h.services, caller });
const create = async (request: Partial<Request<'CreateApplicationProject'>> = {}) => {
  const complete = { Name: 'new', ApplicationId: h.applicationId, Type: 'L1' as const, ...request };
  const result = await actionHandlers.CreateApplicationProject(context(), complete);
  return result.type === 'answered' ? (result.response.ProjectId ?? '') : result.failure.error;
};
const created = async (request: Partial<Request<'CreateApplicationProject'>> = {}): Promise<string> => {
  const projectId = await create(request);
  if (typeof projectId !== 'string') throw new Error(JSON.stringify(projectId));
  return projectId;
};
const modify = async (ProjectId: string, request: Partial<Request<'ModifyApplicationProject'>>, caller = h.caller) => {
  const result = await actionHandlers.ModifyApplicationProject(context(caller), { ProjectId, ...request });
  return result.type === 'answered' ? 'modified' : result.failure.error;
};
const remove = async (ProjectIds: string[], caller = h.caller) => {
  const result = await actionHandlers.DeleteApplicationProjects(context(caller), { ProjectIds });
  return result.type === 'answered' ? 'deleted' : result.failure.error;
};
const config = async (ProjectId: string, caller = h.caller) => {
  const result = await actionHandlers.DescribeApplicationProjectAdvancedConfig(context(caller), { ProjectId });
  return result.type === 'answered' ? result.response : result.failure.error.code;
};
const list = async (request: Request<'DescribeApplicationProjects'> = {}, caller = h.caller) => {
  const result = await actionHandlers.DescribeApplicationProjects(context(caller), request);
  if (result.type !== 'answered') throw new Error(result.failure.error.code);
  return { total: result.response.Total, projects: result.response.Projects ?? [] };
};
const refused = (code: string, parameter?: string) => ({
  code,
  ...(parameter === undefined ? {} : { message: { 'en-US': expect.stringContaining(`\`${parameter}\``) } }),
});

describe('CreateApplicationProject', () => {
  it('honours every parameter', async () => {
    const projectId = await created({
      IsPreload: true,
      ApplicationParams: '-a "b c"',
      Resolution: '1920*1080',
      FPS: 30,
      PreloadDuration: '10s',
      ReconnectTimeout: '2m',
      MinBitrate: 2,
      MaxBitrate: 10,
      UpstreamAudioOption: 'DisableMixIntoStreamPush',
      VideoEncodeConfig: { StreamPushGOPSeconds: 4 },
      XRMaxWidth: 5_000,
      DisableVideoCodecs: ['h265', 'VP9'],
    });
    expect(projectId).toMatch(/^cap-[a-z0-9]{8}$/);
    expect(await config(projectId)).toEqual({
      ApplicationParams: '-a "b c"',
      Resolution: '1920x1080',
      FPS: 30,
      MinBitrate: 2,
      MaxBitrate: 10,
      PreloadDuration: '10s',
      ReconnectTimeout: '120s',
      UpstreamAudioOption: 'DisableMixIntoStreamPush',
      VideoEncodeConfig: { StreamPushGOPSeconds: 4 },
      XRMaxWidth: 5_000,
      BackgroundImage: null,
      DisableVideoCodecs: ['H265', 'VP9'],
    });
  });

  it('takes defaults for what is not given, empty or 0', async () => {
    const empty = { Resolution: '', FPS: 0, PreloadDuration: '', ReconnectTimeout: '0', MinBitrate: 0, MaxBitrate: 0 };
    const defaults = { Resolution: '1280x720', FPS: 60, MinBitrate: 1, MaxBitrate: 8, ReconnectTimeout: '120s' };
    expect(await config(await created({ Name: 'bare' }))).toMatchObject(defaults);
    expect(await config(await created({ Name: 'empty', ...empty }))).toMatchObject(defaults);
  });

  it.each([
    ['ApplicationId', { ApplicationId: 'app-none' }],
    ['ApplicationId', { ApplicationId: '' }],
    ['Name', { Name: 'main' }],
    ['Name', { Name: '   ' }],
    ['Resolution', { Resolution: '1920' }],
    ['Resolution', { Resolution: '100x100' }],
    ['Resolution', { Resolution: '99999x100' }],
    ['FPS', { FPS: 5 }],
    ['PreloadDuration', { PreloadDuration: 'soon' }],
    ['PreloadDuration', { PreloadDuration: '1h' }],
    ['ReconnectTimeout', { ReconnectTimeout: '39s' }],
    ['ReconnectTimeout', { ReconnectTimeout: '61m' }],
    ['MinBitrate', { MinBitrate: 9 }],
    ['DisableVideoCodecs', { DisableVideoCodecs: ['VP8', 'H264'] }],
    ['DisableVideoCodecs', { DisableVideoCodecs: ['MPEG2'] }],
    ['XRMaxWidth', { XRMaxWidth: 5_001 }],
    ['IsPreload', { IsPreload: true, ProjectType: 'SHARED' }],
    ['ProjectCategory', { ProjectCategory: 'MOBILE' }],
    ['BackgroundImageCOSFileId', { BackgroundImageCOSFileId: 'cf-none' }],
  ] satisfies [string, Partial<Request<'CreateApplicationProject'>>][])(
    'refuses %s: %j',
    async (parameter, request) => {
      expect(await create(request)).toMatchObject(refused('InvalidParameterValue', parameter));
      expect((await list()).total).toBe(1);
    },
  );

  it('XL2 takes wider XR pictures', async () => {
    expect(await config(await created({ Type: 'XL2', XRMaxWidth: 6_000 }))).toMatchObject({ XRMaxWidth: 6_000 });
  });

  it('makes SHARED projects of all applications, whether one is the default or not', async () => {
    const projectId = await created({ ProjectType: 'SHARED', ApplicationId: '' });
    const applied = await a.apply('u1', { projectId });
    expect(applied.type).toBe('application-not-found');
    expect((await a.apply('u1', { projectId, applicationId: h.applicationId })).type).toBe('reserved');
    const withDefault = await created({ Name: 'default', ProjectType: 'SHARED' });
    expect((await a.apply('u2', { projectId: withDefault })).type).toBe('reserved');
  });
});

describe('ModifyApplicationProject', () => {
  it('leaves what is not given as it is', async () => {
    const projectId = await created({ Resolution: '1920x1080', FPS: 30, DisableVideoCodecs: ['VP9'] });
    const before = await config(projectId);
    expect(await modify(projectId, { Description: 'for the fair', Name: 'renamed' })).toBe('modified');
    expect(await config(projectId)).toEqual(before);
    const [row] = (await list({ Filters: [{ Name: 'ProjectId', Values: [projectId] }] })).projects;
    expect(row).toMatchObject({ Name: 'renamed', Description: 'for the fair' });
    expect(await modify(projectId, { FPS: 0, DisableVideoCodecs: [], VideoEncodeConfig: {} })).toBe('modified');
    expect(await config(projectId)).toEqual({ ...(before as object), FPS: 60, DisableVideoCodecs: [] });
  });

  it('checks the result as a whole, and the account', async () => {
    const projectId = await created({ MaxBitrate: 4 });
    expect(await modify(projectId, { MinBitrate: 5 })).toMatchObject(refused('InvalidParameterValue', 'MinBitrate'));
    expect(await modify(projectId, { Name: 'main' })).toMatchObject(refused('InvalidParameterValue', 'Name'));
    expect(await modify(projectId, { FPS: 30 }, stranger)).toMatchObject(refused('InvalidParameterValue', 'ProjectId'));
    const shared = await created({ Name: 'shared', ProjectType: 'SHARED' });
    expect(await modify(shared, { IsPreload: true })).toMatchObject(refused('InvalidParameterValue', 'IsPreload'));
  });

  it('changes the next session, not one that somebody has', async () => {
    await a.play(node, 'u1');
    await modify(h.projectId, { Resolution: '1920x1080', ApplicationParams: '-later' });
    await a.create('u1');
    await a.play(node, 'u2');
    const [first, again, second] = node.connects;
    expect(first!.stream.width).toBe(1280);
    expect({ stream: again!.stream, args: again!.launch.args }).toEqual({
      stream: first!.stream,
      args: first!.launch.args,
    });
    expect(second!.stream.width).toBe(1920);
    expect(second!.launch.args).toContain('-later');
  });

  it('keeps the Type while packages of the former one are bound', async () => {
    const pack = await a.grant({ region: 'ap-tokyo' });
    await a.bind([pack.id]);
    expect(await modify(h.projectId, { Type: 'S1' })).toMatchObject(refused('FailedOperation'));
    await a.unbind([pack.id]);
    expect(await modify(h.projectId, { Type: 'S1' })).toBe('modified');
  });
});

describe('DeleteApplicationProjects', () => {
  it('deletes all or none', async () => {
    const one = await created({ Name: 'one' });
    expect(await remove([one, 'cap-none'])).toMatchObject(refused('InvalidParameterValue', 'ProjectIds'));
    expect(await remove([one], stranger)).toMatchObject(refused('InvalidParameterValue', 'ProjectIds'));
    const two = await created({ Name: 'two' });
    await a.reserved('u1', { projectId: two });
    expect(await remove([one, two])).toMatchObject(refused('FailedOperation'));
    expect((await list()).total).toBe(3);
    await a.destroy('u1');
    await until('the session to end', async () => (await remove([one, two])) === 'deleted');
    expect((await list()).total).toBe(1);
    expect(await remove([one])).toMatchObject(refused('InvalidParameterValue', 'ProjectIds'));
  });

  it('leaves nothing behind but the history: name and packages are free, nobody gets a slot', async () => {
    const projectId = await created({ Name: 'gone' });
    const pack = await a.grant({ region: 'ap-tokyo' });
    await a.bind([pack.id], projectId);
    const sessionId = await a.play(node, 'u1', { projectId });
    await a.destroy('u1');
    await until('the end', async () => (await a.session(sessionId)).state === 'ended');
    expect(await remove([projectId])).toBe('deleted');
    expect(await config(projectId)).toBe('InvalidParameterValue');
    expect(await a.apply('u2', { projectId })).toEqual({ type: 'project-not-found' });
    expect(await a.count(projectId)).toBe('project-not-found');
    expect(await a.bind([pack.id], projectId)).toEqual({ type: 'project-not-found' });
    expect((await a.pack(pack.id))?.projectId).toBeNull();
    const detail = await h.services.findSessionDetail({ sessionId });
    expect(detail).toMatchObject({ projectId, endReason: 'api' });
    await created({ Name: 'gone' });
  });

  it('ends programs that were started before any user came', async () => {
    const projectId = await created({ Name: 'preloaded', IsPreload: true, PreloadDuration: '1s' });
    const unclaimed = await until('a prelaunched program', async () => {
      await h.services.sweep();
      return (await h.services.listSessions()).find((session) => session.projectId === projectId);
    });
    await h.settled();
    expect(await remove([projectId])).toBe('deleted');
    // One that a report of its node held at that moment is ended by the next sweep.
    const end = await until('its end', async () => {
      await h.services.sweep();
      const row = await a.session(unclaimed.sessionId);
      return row.state === 'ended' ? row : null;
    });
    expect(end.userId).toBeNull();
    h.advance(60_000);
    await node.sendStatus();
    await h.services.sweep();
    expect(await h.services.listSessions()).toEqual([]);
  });
});

describe('DescribeApplicationProjects', () => {
  it('tells everything about a project, and only to its account', async () => {
    const pack = await a.grant({ amount: 2, region: 'ap-tokyo' });
    await a.bind([pack.id]);
    await a.reserved('u1');
    const { total, projects } = await list();
    expect(total).toBe(1);
    expect(projects).toEqual([
      {
        ProjectId: h.projectId,
        Name: 'main',
        Description: '',
        Type: 'L1',
        ApplicationId: h.applicationId,
        IsPreload: false,
        Amount: 2,
        Using: 1,
        ApplicationStatus: 'Online',
        ApplicationParams: '-mode "two words"',
        CreateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        ApplicationName: 'game',
        Resolution: '1280x720',
        ProjectType: 'EXCLUSIVE',
        Purpose: '',
        ApplicationRegions: ['ap-tokyo'],
        ConcurrentRegions: ['ap-tokyo'],
        ProjectCategory: 'DESKTOP',
      },
    ]);
    expect(await list({}, stranger)).toEqual({ total: 0, projects: [] });
  });

  it('pages, newest first, and filters by every name', async () => {
    h.advance(1_000);
    const one = await created({ Name: 'one', Type: 'S1' });
    h.advance(1_000);
    const two = await created({ Name: 'two', ProjectType: 'SHARED', ApplicationId: '' });
    const ids = async (filters: [string, ...string[]][], page = {}) => {
      const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
      const found = await list({ Filters, ...page });
      return [found.total, ...found.projects.map((row) => row.ProjectId)];
    };
    expect(await ids([])).toEqual([3, two, one, h.projectId]);
    expect(await ids([], { Offset: 1, Limit: 1 })).toEqual([3, one]);
    expect(await ids([], { Offset: 9 })).toEqual([3]);
    expect(await ids([['ProjectId', one, two]])).toEqual([2, two, one]);
    expect(await ids([['Name', "o'ne", 'one']])).toEqual([1, one]);
    expect(await ids([['ApplicationId', h.applicationId]])).toEqual([2, one, h.projectId]);
    expect(await ids([['ProjectType', 'SHARED']])).toEqual([1, two]);
    expect(
      await ids([
        ['Type', 'S1'],
        ['Name', 'two'],
      ]),
    ).toEqual([0]);
    expect((await list({ ProjectCategory: 'MOBILE' })).total).toBe(0);
    await expect(ids([['Colour', 'blue']])).rejects.toThrow('InvalidParameterValue');
  });

  it('says what a project lacks', async () => {
    const { accountId } = h.caller;
    const common = { accountId, kind: 'Application3D', entryPath: 'bin/x', args: [] } as const;
    const empty = await h.services.createApplication({ ...common, name: 'empty' });
    const statusOf = async (projectId: string) => {
      const { projects } = await list({ Filters: [{ Name: 'ProjectId', Values: [projectId] }] });
      return projects[0]?.ApplicationStatus;
    };
    const bare = await created({ Name: 'bare', ApplicationId: empty.id });
    expect(await statusOf(bare)).toBe('applicationNoConfigured');
    const none = await h.services.createProject({
      accountId,
      name: 'none',
      applicationId: h.applicationId,
      concurrencyLimit: 0,
    });
    expect(await statusOf(none.id)).toBe('NoConcurrent');
    expect(await statusOf(h.projectId)).toBe('Online');
  });
});
